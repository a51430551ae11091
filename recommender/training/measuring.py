"""`evaluate`: fit on the training part of each split, weigh the blend inside it, and rank what was held out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from recommender.data.dataset import Dataset
from recommender.evaluation.protocols import Split, splits
from recommender.evaluation.ranks import Ranking, Scorer, full_ranking
from recommender.evaluation.summary import evaluated
from recommender.evaluation.traits import POPULARITY, groups_of
from recommender.training.fitting import Fitted, Surroundings, fit_for_validation, refit, validation_split, weigh
from recommender.training.presets import TrainingConfig


def measure(
    dataset: Dataset,
    config: TrainingConfig,
    *,
    protocol: str,
    cutoffs: Sequence[int],
    seed: int,
    exclude_seen: bool,
    exposure_by: str = POPULARITY,
    device: str,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """The document that `evaluate --json` prints; folds are pooled over their visitors."""
    groups_of(dataset, exposure_by)  # an unknown column is refused before anything is fitted
    parts: list[tuple[Split, dict[str, Ranking]]] = []
    for number, split in enumerate(splits(dataset, protocol, exclude_seen=exclude_seen, seed=seed), start=1):
        tell(f"{protocol}, split {number}: asks about {len(split.histories):,} visitors")
        fitted = _fit(split.train, config, seed, device)
        parts.append((split, _rank(fitted, split, max(cutoffs), exclude_seen)))
    found = evaluated(parts, cutoffs=cutoffs, seed=seed, exposure_by=exposure_by)
    seen = "excluded" if exclude_seen else "included"
    return {"protocol": protocol, "seen_items": seen, "splits": len(parts), **found}


def _fit(train: Dataset, config: TrainingConfig, seed: int, device: str) -> Fitted:
    """As `train` does: validation inside, then everything again."""
    where = Surroundings(device)
    split = validation_split(train, seed)
    validated = fit_for_validation(split, config, where)
    weights = weigh(validated, split).weights
    return Fitted(refit(train, config, validated, where).models, weights)


def _rank(fitted: Fitted, split: Split, k: int, exclude_seen: bool) -> dict[str, Ranking]:
    scorers: dict[str, Scorer] = {name: model.scores for name, model in fitted.models.items()}
    scorers["blend"] = partial(fitted.probabilities, exclude_seen=exclude_seen)
    return {
        name: full_ranking(scorer, split.histories, split.relevant, k=k, exclude_seen=exclude_seen)
        for name, scorer in scorers.items()
    }
