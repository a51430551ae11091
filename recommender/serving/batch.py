"""Recommendations for many visitors of an artifact, by the same models that answer one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from safetensors.numpy import load_file

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories, concatenate
from recommender.evaluation.ranks import batches
from recommender.parallel import rows_at_once, side_by_side
from recommender.serving.reading import part
from recommender.serving.recommender import Recommender
from recommender.slate import Knobs, SlateCandidates, make_slate

BATCH = 64  # visitors at once: 3 MB a model at 12,000 items, which stays near the processor
POOL = 200  # candidates that knobs choose from, as in serving


@dataclass(frozen=True)
class Visitors:
    """Whom to recommend to, and what they did."""

    visitor_ids: np.ndarray  # object (B,)
    histories: Histories


@dataclass(frozen=True)
class Lists:
    """A batch of answers: for each row of `rows_N` an item code with its rank and score, best first."""

    rows_N: np.ndarray
    ranks_N: np.ndarray
    codes_N: np.ndarray
    scores_N: np.ndarray


def known_visitors(folder: Path) -> Visitors:
    """The visitors of the training data with their histories."""
    ids = part(folder / "visitors.parquet", lambda path: pq.ParquetFile(path).read(["visitor_id"])["visitor_id"])
    histories = part(folder / "histories.safetensors", lambda path: Histories.from_arrays(load_file(path)))
    return Visitors(np.array(ids.to_pylist(), object), histories)


def with_newer(visitors: Visitors, newer: Dataset, model: Recommender) -> Visitors:
    """The visitors, and those who are new in `newer`, with both histories joined. Items that the model does not know
    are left out."""
    ids = [*visitors.visitor_ids.tolist()]
    row_of = {visitor: row for row, visitor in enumerate(ids)}
    for visitor in newer.visitor_ids.tolist():
        if visitor not in row_of:
            row_of[visitor] = len(ids)
            ids.append(visitor)
    row_V = np.array([row_of[visitor] for visitor in newer.visitor_ids], np.int64)
    code_I = np.array([model.code_of.get(item, -1) for item in newer.item_ids], np.int64)
    return Visitors(
        np.array(ids, object),
        concatenate(_padded(visitors.histories, len(ids)), _moved(newer.histories, row_V, code_I, len(ids))),
    )


def chosen_visitors(visitors: Visitors, ids: list[str]) -> Visitors:
    """Only these visitors, in this order; an unknown one has an empty history."""
    row_of = {visitor: row for row, visitor in enumerate(visitors.visitor_ids.tolist())}
    empty = len(row_of)
    rows = np.array([row_of.get(visitor, empty) for visitor in ids], np.int64)
    return Visitors(np.array(ids, object), _padded(visitors.histories, empty + 1).take(rows))


def recommend_batches(
    model: Recommender,
    histories: Histories,
    k: int,
    *,
    exclude_seen: bool,
    knobs: Knobs | None = None,
    categories_I: list[str] | None = None,
    seed: int = 0,
) -> Iterator[Lists]:
    """The best `k` items of each history, in batches; with `knobs` they are drawn as serving draws a slate."""
    plain = knobs is None or knobs == Knobs()

    def answer(rows: np.ndarray) -> Lists:
        asked = histories.take(rows)
        if plain:
            return _lists(rows, *model.best(asked, k, exclude_seen=exclude_seen))
        pool_BC, scores_BC = model.best(asked, max(k, POOL), exclude_seen=exclude_seen)
        places_BK = _stacked(
            [
                _slate(
                    model,
                    asked.take(np.array([b])),
                    pool_BC[b],
                    scores_BC[b],
                    k,
                    knobs or Knobs(),
                    categories_I or [],
                    np.random.default_rng([seed, int(rows[b])]),
                )
                for b in range(len(rows))
            ],
            k,
        )
        drawn = [np.take_along_axis(pool, np.maximum(places_BK, 0), axis=1) for pool in (pool_BC, scores_BC)]
        return _lists(rows, np.where(places_BK >= 0, drawn[0], -1), drawn[1])

    yield from side_by_side(answer, batches(len(histories), rows_at_once(len(model.item_ids), BATCH)))


def _slate(
    model: Recommender,
    history: Histories,
    pool_C: np.ndarray,
    scores_C: np.ndarray,
    k: int,
    knobs: Knobs,
    categories_I: list[str],
    rng: np.random.Generator,
) -> np.ndarray:
    """Places in the pool, which ends with −1 where there are fewer items."""
    pool_C = pool_C[pool_C >= 0]
    candidates = SlateCandidates(
        item_ids=model.item_ids[pool_C].tolist(),
        scores=np.maximum(scores_C[: len(pool_C)], 0.0),
        vectors=model.item_vectors_IV[pool_C],
        categories=[categories_I[code] or None for code in pool_C] if categories_I else None,
        popularity=model.interactions_I[pool_C].astype(float),
    )
    slate = make_slate(candidates, knobs, k, profile=_mix(history, categories_I), rng=rng)
    return np.asarray(slate.indices, np.int64)


def _mix(history: Histories, categories_I: list[str]) -> dict[str, float] | None:
    """The visitor's own shares of categories."""
    mix: dict[str, float] = {}
    for code in history.items_N.tolist() if categories_I else []:
        if name := categories_I[code]:
            mix[name] = mix.get(name, 0.0) + 1.0
    return mix or None


def _stacked(slates: list[np.ndarray], k: int) -> np.ndarray:
    stacked_BK = np.full((len(slates), k), -1, np.int64)
    for row, codes in enumerate(slates):
        stacked_BK[row, : len(codes)] = codes
    return stacked_BK


def _lists(rows: np.ndarray, top_BK: np.ndarray, scores_BK: np.ndarray) -> Lists:
    row_N, column_N = np.nonzero(top_BK >= 0)
    return Lists(rows[row_N], column_N + 1, top_BK[row_N, column_N], scores_BK[row_N, column_N])


def _padded(histories: Histories, rows: int) -> Histories:
    """With empty rows at the end."""
    missing = rows - len(histories)
    starts = np.concatenate([histories.starts_B1, np.full(missing, histories.starts_B1[-1])])
    return Histories(starts, histories.items_N, histories.seconds_N, histories.weights_N)


def _moved(histories: Histories, row_V: np.ndarray, code_I: np.ndarray, rows: int) -> Histories:
    """Other rows and other codes; interactions on items without a code are left out."""
    kept = code_I[histories.items_N] >= 0
    row_N = row_V[histories.rows_N][kept]
    order = np.argsort(row_N, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(row_N, minlength=rows))])
    items_N = code_I[histories.items_N][kept][order].astype(np.int32)
    return Histories(starts, items_N, histories.seconds_N[kept][order], histories.weights_N[kept][order])
