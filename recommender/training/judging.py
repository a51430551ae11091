"""evaluation.json: how good the models are on interactions that they were not fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from recommender.evaluation.protocols import Split
from recommender.evaluation.ranks import Ranking, Relevant, Scorer, full_ranking
from recommender.evaluation.summary import evaluated
from recommender.training.fitting import Fitted
from recommender.training.ranking import Taught, ranks_of_targets

CUTOFFS = (5, 10, 20)
PROTOCOL_NOTE = (
    "Each visitor's last interaction is held out and ranked among all unseen items by models fitted without it. The "
    "blend's weights and the ranker for one half of the visitors were learned on the other half. The published models "
    "were then fitted on everything."
)


def scorers_of(fitted: Fitted) -> dict[str, Scorer]:
    """The components by name."""
    return {name: model.scores for name, model in fitted.models.items()}


@dataclass(frozen=True)
class Judged:
    """Whom the models were asked about, where what is served put what came next, and the content of evaluation.json."""

    split: Split
    ranking: Ranking
    evaluation: dict[str, Any]


def judge(
    fitted: Fitted,
    split: Split,
    *,
    seed: int,
    taught: Taught | None = None,
    visitors: int = 10_000,
    cutoffs: Sequence[int] = CUTOFFS,
) -> Judged:
    """Models that `weigh` has weighed. Without anybody to ask the figures are empty. `blend` is what is served: in the
    ranker's order where there is one; `unranked` is the blend before it."""
    split = _part(split, np.arange(min(len(split.histories), visitors)))
    rankings = {
        name: full_ranking(
            scorer, split.histories, split.relevant, k=max(cutoffs), exclude_seen=True, items=split.train.items
        )
        for name, scorer in scorers_of(fitted).items()
    }
    rankings["blend"] = _out_of_fold(fitted, split, max(cutoffs))
    calibration = {}
    if taught is not None:
        rankings["unranked"], rankings["blend"] = rankings["blend"], _ranked(rankings["blend"], taught, max(cutoffs))
        calibration = {"calibration_error": round(taught.calibration_error, 4)}
    evaluation = document(rankings, split, protocol="leave-one-out", seed=seed, cutoffs=cutoffs) | {
        **calibration,
        "note": PROTOCOL_NOTE,
        "fitted_without_the_targets": True,
        "refitted_on_everything_before_publishing": True,
    }
    return Judged(split, rankings["blend"], evaluation)


def document(
    rankings: dict[str, Ranking], split: Split, *, protocol: str, seed: int, cutoffs: Sequence[int]
) -> dict[str, Any]:
    """Metrics of each model, and 95% bootstrap intervals of those that are means over visitors."""
    found = evaluated([(split, rankings)], cutoffs=cutoffs, seed=seed)
    return {"protocol": protocol, "seen_items": "excluded", **found}


def _out_of_fold(fitted: Fitted, split: Split, k: int) -> Ranking:
    """The blend's ranking, each half of the visitors by weights learned on the other half."""
    rows = np.arange(len(split.histories))
    ranks, top_BK = np.zeros(len(rows), np.int64), np.zeros((len(rows), min(k, split.train.items)), np.int64)
    for half in (0, 1):
        mine, weighed = rows[half::2], replace(fitted, weights=fitted.out_of_fold[half])
        ranking = full_ranking(
            partial(weighed.blend, exclude_seen=True),
            split.histories.take(mine),
            Relevant.single(split.relevant.items_N[mine]),
            k=k,
            exclude_seen=True,
            items=split.train.items,
        )
        ranks[mine] = ranking.ranks_N
        top_BK[mine] = ranking.top_BK
    return Ranking(ranks, top_BK)


def _ranked(blend: Ranking, taught: Taught, k: int) -> Ranking:
    """The first visitors' candidates in the order of networks that did not learn from them. An item that is no
    candidate keeps its rank of the blend, but stands behind all candidates."""
    rows = np.arange(len(blend.ranks_N))[: len(taught.out_of_fold_BC)]
    scores_BC, target_B = taught.out_of_fold_BC[rows], taught.examples.target_B[rows]
    codes_BC = taught.examples.candidates.codes_BC[rows]
    ranks_B, top_BK = blend.ranks_N.copy(), blend.top_BK.copy()
    behind_B = np.maximum(blend.ranks_N[rows], (codes_BC >= 0).sum(axis=1) + 1)
    ranks_B[rows] = np.where(target_B >= 0, ranks_of_targets(scores_BC, target_B), behind_B)
    order_BK = np.argsort(-scores_BC, axis=1, kind="stable")[:, :k]
    top_BK[rows, : order_BK.shape[1]] = np.take_along_axis(codes_BC, order_BK, axis=1)
    return Ranking(ranks_B, top_BK)


def _part(split: Split, rows: np.ndarray) -> Split:
    known_B = None if split.rows_B is None else split.rows_B[rows]
    return Split(split.train, split.histories.take(rows), Relevant.single(split.relevant.items_N[rows]), known_B)
