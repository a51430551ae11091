"""From rankings to the figures of an evaluation: means over visitors, their intervals, exposure by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.evaluation.bootstrap import bootstrap_means, percentile_interval
from recommender.evaluation.lists import (
    HISTORY_POPULARITY,
    LIST_POPULARITY,
    coverage,
    exposure,
    gini,
    list_values,
    shares_of,
)
from recommender.evaluation.metrics import accuracy_per_visitor
from recommender.evaluation.protocols import Split
from recommender.evaluation.ranks import Ranking
from recommender.evaluation.traits import POPULARITY, Groups, ItemTraits, groups_of

DRAWS = 300  # bounds of intervals ± 5 % of their width
MOST_GROUPS = 20  # of exposure that are listed, those with the most interactions
DIGITS = 5


@dataclass(frozen=True)
class Measured:
    """One model: its measures per visitor by `metric@k` (NaN where undefined), and its lists."""

    values: dict[str, np.ndarray]
    top_BK: np.ndarray


def measured(ranking: Ranking, split: Split, traits: ItemTraits, cutoffs: Sequence[int]) -> Measured:
    """Every measure of a ranking at every cutoff."""
    values: dict[str, np.ndarray] = {}
    for k in cutoffs:
        found = accuracy_per_visitor(ranking, split.relevant, k)
        found |= list_values(ranking.top_BK[:, :k], split.histories, split.relevant, traits)
        values |= {f"{name}@{k}": values_B for name, values_B in found.items()}
    return Measured(values, ranking.top_BK)


def pooled(parts: Sequence[Measured]) -> Measured:
    """The visitors of several splits together; measures that one of them lacks are left out."""
    names = [name for name in parts[0].values if all(name in part.values for part in parts)]
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in names}
    return Measured(values, np.concatenate([part.top_BK for part in parts]))


@dataclass(frozen=True)
class Figures:
    """Of one model: `metric@k` to its value, and to its 95 % interval where it is a mean over visitors."""

    values: dict[str, float]
    intervals: dict[str, list[float]]


def figures(model: Measured, items: int, cutoffs: Sequence[int], *, seed: int) -> Figures:
    """Means and intervals. Coverage and Gini are of all lists together: they have no interval, for visitors drawn twice
    show nothing new."""
    names = [name for name, values_B in model.values.items() if np.isfinite(values_B).any()]
    values_BM = np.stack([model.values[name] for name in names], axis=1) if names else np.zeros((0, 0))
    draws_DM = bootstrap_means(values_BM, seed, draws=DRAWS)
    values = {name: float(np.nanmean(values_BM[:, place])) for place, name in enumerate(names)}
    draws = {name: draws_DM[:, place] for place, name in enumerate(names)}
    for k in cutoffs:
        _lift(values, draws, k)
        if len(values_BM):
            values |= {
                f"coverage@{k}": coverage(model.top_BK[:, :k], items),
                f"gini@{k}": gini(model.top_BK[:, :k], items),
            }
    return Figures(
        {name: round(value, DIGITS) for name, value in values.items()},
        {name: [round(bound, DIGITS) for bound in percentile_interval(drawn)] for name, drawn in draws.items()},
    )


def _lift(values: dict[str, float], draws: dict[str, np.ndarray], k: int) -> None:
    """Put the popularity lift in the place of the two means that it is made of."""
    shown, own = f"{LIST_POPULARITY}@{k}", f"{HISTORY_POPULARITY}@{k}"
    if shown in values and values.get(own, 0.0) > 0:
        values[f"popularity_lift@{k}"] = values[shown] / values[own] - 1
        draws[f"popularity_lift@{k}"] = draws[shown] / draws[own] - 1
    for name in (shown, own):
        values.pop(name, None)
        draws.pop(name, None)


def evaluated(
    parts: Sequence[tuple[Split, Mapping[str, Ranking]]],
    *,
    cutoffs: Sequence[int],
    seed: int,
    exposure_by: str = POPULARITY,
) -> dict[str, Any]:
    """`{visitors, k, models, intervals, exposure, alike_by}` of the splits of a protocol, pooled over their visitors.
    Without anybody to ask the models' figures are empty."""
    names = [name for name in parts[0][1] if all(name in rankings for _, rankings in parts)]
    traits = [ItemTraits.of(split.train) for split, _ in parts]
    models = {
        name: pooled(
            [
                measured(rankings[name], split, own, cutoffs)
                for (split, rankings), own in zip(parts, traits, strict=True)
            ]
        )
        for name in names
    }
    train = parts[0][0].train
    found = {name: figures(model, train.items, cutoffs, seed=seed) for name, model in models.items()}
    return {
        "visitors": sum(len(split.histories) for split, _ in parts),
        "k": list(cutoffs),
        "models": {name: figure.values for name, figure in found.items()},
        "intervals": {name: figure.intervals for name, figure in found.items()},
        "alike_by": traits[0].alike_by,
        "exposure": exposures(
            {name: model.top_BK for name, model in models.items()},
            groups_of(train, exposure_by),
            traits[0].interactions_I,
        ),
    }


def exposures(lists: Mapping[str, np.ndarray], groups: Groups, interactions_I: np.ndarray) -> dict[str, Any]:
    """`{by, k, groups: [{group, items, interactions, shown: {model: share}}]}`: each group's share of the items, of the
    interactions, and of the slots of each model's lists."""
    items_G, chosen_G = shares_of(np.ones(len(interactions_I)), groups), shares_of(interactions_I, groups)
    shown = {name: exposure(top_BK, groups) for name, top_BK in lists.items()}
    listed = np.argsort(-chosen_G, kind="stable")[:MOST_GROUPS]
    if groups.by == POPULARITY:
        listed = np.arange(len(groups.names))
    return {
        "by": groups.by,
        "k": max((top_BK.shape[1] for top_BK in lists.values()), default=0),
        "groups": [
            {
                "group": groups.names[g],
                "items": round(float(items_G[g]), DIGITS),
                "interactions": round(float(chosen_G[g]), DIGITS),
                "shown": {name: round(float(share_G[g]), DIGITS) for name, share_G in shown.items()},
            }
            for g in listed
        ],
    }
