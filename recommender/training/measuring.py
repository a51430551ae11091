"""`evaluate`: fit on the training part of each split, weigh the blend inside it, and rank what was held out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from recommender.data.dataset import Dataset
from recommender.evaluation.protocols import FOLDS, Split, sampled, splits
from recommender.evaluation.ranks import Ranking, Scorer, full_ranking
from recommender.evaluation.summary import evaluated
from recommender.evaluation.traits import POPULARITY, groups_of
from recommender.models.base import Model, Report, silent
from recommender.training.fitting import Fitted, Surroundings, fit_for_validation, refit, validation_split, weigh
from recommender.training.presets import TrainingConfig
from recommender.training.ranking import facts_of, teach


def measure(
    dataset: Dataset,
    config: TrainingConfig,
    *,
    protocol: str,
    cutoffs: Sequence[int],
    seed: int,
    exclude_seen: bool,
    exposure_by: str = POPULARITY,
    visitors: int | None = None,
    device: str,
    also: Mapping[str, Callable[[], Model]] = MappingProxyType({}),
    only: bool = False,
    report: Report = silent,
) -> dict[str, Any]:
    """The document that `evaluate --json` prints; folds are pooled over their visitors. `also` makes further models;
    with `only` nothing but these are fitted. Of more than `visitors` so many are asked, drawn by the seed; of the items
    all are ranked, always."""
    groups_of(dataset, exposure_by)  # an unknown column is refused before anything is fitted
    parts: list[tuple[Split, dict[str, Ranking]]] = []
    askable = 0
    for number, whole in enumerate(splits(dataset, protocol, exclude_seen=exclude_seen, seed=seed), start=1):
        askable += len(whole.histories)
        split = _asked(whole, visitors, protocol, np.random.default_rng([seed, number, 5]))
        where = Surroundings(device, report=_part_of(report, number, protocol, len(split.histories)))
        fitted = None if only else _fit(split.train, config, seed, where)
        further = {name: make().fit(split.train) for name, make in also.items()}
        where.report(0.9, "ranking everything")
        parts.append((split, _rank(fitted, further, split, max(cutoffs), exclude_seen)))
    found = evaluated(parts, cutoffs=cutoffs, seed=seed, exposure_by=exposure_by)
    seen = "excluded" if exclude_seen else "included"
    return {"protocol": protocol, "seen_items": seen, "splits": len(parts), "askable": askable, **found}


def _asked(split: Split, visitors: int | None, protocol: str, rng: np.random.Generator) -> Split:
    """With an even share of so many visitors."""
    return split if visitors is None else sampled(split, -(-visitors // _splits_of(protocol)), rng)


def _splits_of(protocol: str) -> int:
    return FOLDS if protocol.endswith("k-fold") else 1


def _part_of(report: Report, number: int, protocol: str, asked: int) -> Report:
    """A Report of one split among all."""
    splits_expected = _splits_of(protocol)
    head = f"{protocol}, split {number}, asks about {asked:,} visitors"
    return lambda share, message: report((number - 1 + share) / splits_expected, f"{head}: {message}")


def _fit(train: Dataset, config: TrainingConfig, seed: int, where: Surroundings) -> Fitted:
    """As `train` does: validation inside, then everything again."""
    split = validation_split(train, seed, visitors=config.effort.asked(config.ranker.visitors, train.items))
    validated = weigh(fit_for_validation(split, config, where.part(0.0, 0.4)), split, config.effort)
    taught = teach(validated, split, config.ranker)
    final = refit(train, config, validated, where.part(0.45, 0.85))
    return replace(final, ranker=taught.ranker(facts_of(train, final)) if taught else None)


def _rank(
    fitted: Fitted | None, further: Mapping[str, Model], split: Split, k: int, exclude_seen: bool
) -> dict[str, Ranking]:
    models = {**(fitted.models if fitted else {}), **further}
    scorers: dict[str, Scorer] = {name: model.scores for name, model in models.items()}
    if fitted is not None:
        if fitted.ranker is not None:
            scorers["unranked"] = partial(fitted.blend, exclude_seen=exclude_seen)
        scorers["blend"] = partial(fitted.probabilities, exclude_seen=exclude_seen)
    return {
        name: full_ranking(
            scorer, split.histories, split.relevant, k=k, exclude_seen=exclude_seen, items=split.train.items
        )
        for name, scorer in scorers.items()
    }
