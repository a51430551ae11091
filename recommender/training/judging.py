"""evaluation.json: how good the models are on interactions that they were not fitted on."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from recommender.evaluation.protocols import Split
from recommender.evaluation.ranks import Ranking, Relevant, Scorer, full_ranking
from recommender.evaluation.summary import evaluated
from recommender.training.fitting import Fitted, weigh

CUTOFFS = (5, 10, 20)
PROTOCOL_NOTE = (
    "Each visitor's last interaction is held out and ranked among all unseen items by models fitted without it. The "
    "blend's weights for one half of the visitors were learned on the other half. The published models were then "
    "fitted on everything."
)


def scorers_of(fitted: Fitted) -> dict[str, Scorer]:
    """The components by name."""
    return {name: model.scores for name, model in fitted.models.items()}


def judge(fitted: Fitted, split: Split, *, seed: int, cutoffs: Sequence[int] = CUTOFFS) -> dict[str, Any]:
    """The content of evaluation.json. Without anybody to ask the models' figures are empty."""
    rankings = {
        name: full_ranking(scorer, split.histories, split.relevant, k=max(cutoffs), exclude_seen=True)
        for name, scorer in scorers_of(fitted).items()
    }
    rankings["blend"] = _crossed(fitted, split, max(cutoffs))
    return document(rankings, split, protocol="leave-one-out", seed=seed, cutoffs=cutoffs) | {
        "note": PROTOCOL_NOTE,
        "fitted_without_the_targets": True,
        "refitted_on_everything_before_publishing": True,
    }


def document(
    rankings: dict[str, Ranking], split: Split, *, protocol: str, seed: int, cutoffs: Sequence[int]
) -> dict[str, Any]:
    """Metrics of each model, and 95% bootstrap intervals of those that are means over visitors."""
    found = evaluated([(split, rankings)], cutoffs=cutoffs, seed=seed)
    return {"protocol": protocol, "seen_items": "excluded", **found}


def _crossed(fitted: Fitted, split: Split, k: int) -> Ranking:
    """The blend's ranking, each half of the visitors by weights learned on the other half."""
    rows = np.arange(len(split.histories))
    ranks, top_BK = np.zeros(len(rows), np.int64), np.zeros((len(rows), min(k, split.train.items)), np.int64)
    for half in (0, 1):
        mine, others = rows[rows % 2 == half], rows[rows % 2 != half]
        weighed = weigh(fitted, _part(split, others))
        ranking = full_ranking(
            partial(weighed.probabilities, exclude_seen=True),
            split.histories.take(mine),
            Relevant.single(split.relevant.items_N[mine]),
            k=k,
            exclude_seen=True,
        )
        ranks[mine] = ranking.ranks_N
        top_BK[mine] = ranking.top_BK
    return Ranking(ranks, top_BK)


def _part(split: Split, rows: np.ndarray) -> Split:
    return Split(split.train, split.histories.take(rows), Relevant.single(split.relevant.items_N[rows]))
