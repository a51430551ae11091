"""A new version beside the one before it, on the same visitors: what one must know before it takes the other's place.

Both are asked what a visitor did last, with what the visitor had done until then. The new version's answers are those
of models that were fitted without it. The earlier version's are honest in two cases: it happened after the last
interaction that the version had learnt from, or it is what the version was itself tested with, and remembers. The
newest such visitors are compared, each with itself, so that neither easy days nor easy visitors favour one of them.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.artifact import ArtifactError, read_manifest
from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.evaluation.bootstrap import bootstrap_means, percentile_interval
from recommender.evaluation.protocols import Split
from recommender.evaluation.ranks import Ranking, full_ranking
from recommender.evaluation.summary import Measured, figures, measured
from recommender.evaluation.traits import ItemTraits
from recommender.serving.recommender import Recommender
from recommender.serving.types import HistoryEvent
from recommender.tensors import mapped_tensors
from recommender.training.judging import Judged

FILE = "judged.parquet"
MOST_PAIRS = 5_000  # the newest: ± .002 of a difference of NDCG@10 on Beauty
DRAWS = 1_000
TIMED_VISITORS = 25  # each asked about three times by both in turn: a tenth of a second
TIMED_ROUNDS = 3
CUTOFF = 10
AS_MEANS = ("ndcg@10", "recall@10", "intra_list_distance@10")
OF_ALL_LISTS = ("coverage@10",)
Facts = dict[str, Any]


@dataclass(frozen=True)
class Earlier:
    """An artifact that was made before, and what it knows of its own test."""

    model: Recommender
    newest_seconds: float  # of what it learnt from
    ranks: dict[tuple[str, str], int]  # of (visitor, item) that it was tested with
    size_bytes: int

    @classmethod
    def read(cls, folder: Path) -> "Earlier":
        """Raises ArtifactError where it cannot be asked."""
        model, manifest = Recommender.load(folder), read_manifest(folder, verify=False)
        return cls(model, _newest_seconds(folder, manifest), _ranks(folder / FILE), size_of(folder))


def _newest_seconds(folder: Path, manifest: Facts) -> float:
    """What the manifest says; older ones did not. Where nothing does, nothing counts as newer."""
    if said := manifest.get("data", {}).get("newest_at"):
        return datetime.fromisoformat(said).timestamp()
    path = folder / "histories.safetensors"
    return float(mapped_tensors(path)["seconds"].max(initial=-np.inf)) if path.exists() else np.inf


def _ranks(path: Path) -> dict[tuple[str, str], int]:
    if not path.exists():
        return {}
    try:
        columns = pq.read_table(path).to_pydict()
        return dict(zip(zip(columns["visitor_id"], columns["item_id"], strict=True), columns["rank"], strict=True))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error})") from error


def size_of(folder: Path) -> int:
    """Bytes of its files."""
    return sum(path.stat().st_size for path in folder.iterdir())


def write_judged(judged: Judged, dataset: Dataset, path: Path) -> None:
    """Remember where each tested visitor's next item stood, for the comparison with the version after this one."""
    rows_B, items_B = _rows_of(judged.split), judged.split.relevant.items_N
    table = {"visitor_id": dataset.visitor_ids[rows_B], "item_id": dataset.item_ids[items_B]}
    texts = {name: pa.array(ids, pa.string()) for name, ids in table.items()}
    pq.write_table(pa.table({**texts, "rank": judged.ranking.ranks_N.astype(np.int32)}), path, compression="zstd")


def compared(earlier: Earlier, judged: Judged, dataset: Dataset, *, seed: int) -> Facts:
    """`{visitors, unseen, since, measures: {metric: {before, after, difference?, interval?}}}` of the newest visitors
    of whom both can be asked; `unseen`: of how many the earlier version did not know what came next, because it
    happened later; `since`: when the oldest of it happened. Without such visitors there are no measures."""
    rows, recorded_B, seconds_B = _pairs(earlier, judged, dataset)
    if not len(rows):
        return {"visitors": 0, "unseen": 0, "since": None, "measures": {}}
    split = judged.split
    asked = Split(split.train, split.histories.take(rows), split.relevant.take(rows))
    own = Ranking(judged.ranking.ranks_N[rows], judged.ranking.top_BK[rows])
    before = _ranking(earlier.model, asked, dataset)
    before = Ranking(np.where(recorded_B[rows] > 0, recorded_B[rows], before.ranks_N), before.top_BK)
    traits = ItemTraits.of(split.train)
    old, new = (measured(ranking, asked, traits, (CUTOFF,)) for ranking in (before, own))
    return {
        "visitors": len(rows),
        "unseen": int((recorded_B[rows] == 0).sum()),
        "since": datetime.fromtimestamp(float(seconds_B[rows].min()), UTC).isoformat(timespec="seconds"),
        "measures": _measures(old, new, dataset.items, seed),
    }


def _rows_of(split: Split) -> np.ndarray:
    if split.rows_B is None:
        raise ValueError("the split does not say who its visitors are")
    return split.rows_B


def _pairs(earlier: Earlier, judged: Judged, dataset: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the split that are compared; of every row the rank that the earlier version remembers, 0 for none; and
    when what came next happened."""
    rows_B, histories = _rows_of(judged.split), dataset.histories
    seconds_B = histories.seconds_N[histories.starts_B1[1:][rows_B] - 1]
    names = zip(dataset.visitor_ids[rows_B], dataset.item_ids[judged.split.relevant.items_N], strict=True)
    unseen_B = seconds_B > earlier.newest_seconds
    recorded_B = np.array([earlier.ranks.get(pair, 0) for pair in names], np.int64)
    recorded_B[unseen_B] = 0
    honest = np.flatnonzero(unseen_B | (recorded_B > 0))
    newest = np.argsort(-seconds_B[honest], kind="stable")[:MOST_PAIRS]
    return np.sort(honest[newest]), recorded_B, seconds_B


def _ranking(model: Recommender, asked: Split, dataset: Dataset) -> Ranking:
    """Of all items that there are now; those that the version does not know stand behind."""
    theirs_I = np.array([model.code_of.get(item, -1) for item in dataset.item_ids.tolist()], np.int64)
    known = np.flatnonzero(theirs_I >= 0)

    def scores(histories: Histories) -> np.ndarray:
        recoded = histories.recoded(theirs_I)
        shares_BJ = model.probabilities(recoded, exclude_seen=True)
        strangers = recoded.lengths_B == 0
        shares_BJ[strangers] = model.popularity.probabilities(recoded.take(np.flatnonzero(strangers)))
        shares_BI = np.zeros((len(histories), dataset.items), np.float32)
        shares_BI[:, known] = shares_BJ[:, theirs_I[known]]
        return shares_BI

    return full_ranking(scores, asked.histories, asked.relevant, k=CUTOFF, exclude_seen=True, items=dataset.items)


def _measures(before: Measured, after: Measured, items: int, seed: int) -> Facts:
    olds, news = (figures(model, items, (CUTOFF,), seed=seed).values for model in (before, after))
    names = [name for name in (*AS_MEANS, *OF_ALL_LISTS) if name in olds and name in news]
    measures: dict[str, Facts] = {name: {"before": olds[name], "after": news[name]} for name in names}
    means = [name for name in names if name in AS_MEANS]
    changes_BM = np.stack([after.values[name] - before.values[name] for name in means], axis=1)
    draws_DM = bootstrap_means(changes_BM, seed, draws=DRAWS)
    for place, name in enumerate(means):
        bounds = [round(bound, 5) for bound in percentile_interval(draws_DM[:, place])]
        measures[name] |= {"difference": round(float(np.nanmean(changes_BM[:, place])), 5), "interval": bounds}
    return measures


def kept_segments(before_V: np.ndarray, after_V: np.ndarray) -> Facts:
    """`{visitors, kept, born, gone}`: of how many visitors both versions know the segment (−1: unknown), the share that
    is still in the segment of that number, and the numbers that are new and that nobody has any more."""
    both = before_V >= 0
    old, new = set(before_V[both].tolist()), set(after_V.tolist())
    kept = round(float((before_V[both] == after_V[both]).mean()), 4) if both.any() else None
    return {"visitors": int(both.sum()), "kept": kept, "born": sorted(new - old), "gone": sorted(old - new)}


def milliseconds(earlier: Recommender, new: Recommender, judged: Judged, dataset: Dataset) -> Facts:
    """`{before, after}`: what finding the candidates of one visitor costs, the median of the least of three, of this
    machine's processor. Both answer in turn, so that whatever else runs slows both."""
    rows = np.arange(min(len(judged.split.histories), TIMED_VISITORS))
    asked = [_events(judged.split.histories.take(rows[[row]]), dataset) for row in rows.tolist()]
    models = (earlier, new)
    spent = np.array([[[_spent(model, one) for model in models] for one in asked] for _ in range(TIMED_ROUNDS)])
    before, after = np.median(spent.min(axis=0), axis=0) if asked else (0.0, 0.0)
    return {"before": round(1000 * float(before), 2), "after": round(1000 * float(after), 2)}


def _spent(model: Recommender, history: list[HistoryEvent]) -> float:
    begun = time.thread_time()
    model.candidates(history)
    return time.thread_time() - begun


def _events(history: Histories, dataset: Dataset) -> list[HistoryEvent]:
    rows = zip(dataset.item_ids[history.items_N].tolist(), history.seconds_N.tolist(), strict=True)
    return [HistoryEvent(item, "view_item", seconds) for item, seconds in rows]
