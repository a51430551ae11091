"""`evaluate`: fit on the training part of each split, weigh the blend inside it, and rank what was held out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from recommender.data.dataset import Dataset
from recommender.evaluation.protocols import Split, splits
from recommender.evaluation.ranks import Ranking, Relevant, Scorer, full_ranking
from recommender.training.fitting import Fitted, Surroundings, fit_for_validation, refit, validation_split, weigh
from recommender.training.judging import document
from recommender.training.presets import TrainingConfig


def measure(
    dataset: Dataset,
    config: TrainingConfig,
    *,
    protocol: str,
    cutoffs: Sequence[int],
    seed: int,
    exclude_seen: bool,
    device: str,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """The document that `evaluate --json` prints; folds are pooled over their visitors."""
    parts, rankings = [], []
    for number, split in enumerate(splits(dataset, protocol, exclude_seen=exclude_seen, seed=seed), start=1):
        tell(f"{protocol}, split {number}: asks about {len(split.histories):,} visitors")
        fitted = _fit(split.train, config, seed, device)
        parts.append(split)
        rankings.append(_rank(fitted, split, max(cutoffs), exclude_seen))
    names = [name for name in rankings[0] if all(name in ranking for ranking in rankings)]
    pooled = {name: _pooled([ranking[name] for ranking in rankings]) for name in names}
    result = document(pooled, _joined(parts), protocol=protocol, seed=seed, cutoffs=cutoffs)
    return result | {"seen_items": "excluded" if exclude_seen else "included", "splits": len(parts)}


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


def _pooled(rankings: list[Ranking]) -> Ranking:
    return Ranking(
        np.concatenate([ranking.ranks_N for ranking in rankings]),
        np.concatenate([ranking.top_BK for ranking in rankings]),
    )


def _joined(parts: list[Split]) -> Split:
    """One split for the figures: all visitors that were asked about, popularity of the first training part."""
    if len(parts) == 1:
        return parts[0]
    counts = np.concatenate([np.diff(part.relevant.starts_B1) for part in parts])
    relevant = Relevant(
        np.concatenate([[0], np.cumsum(counts)]), np.concatenate([part.relevant.items_N for part in parts])
    )
    lengths = np.concatenate([part.histories.lengths_B for part in parts])
    histories = parts[0].histories.__class__(
        np.concatenate([[0], np.cumsum(lengths)]),
        np.concatenate([part.histories.items_N for part in parts]),
        np.concatenate([part.histories.seconds_N for part in parts]),
        np.concatenate([part.histories.weights_N for part in parts]),
    )
    return Split(parts[0].train, histories, relevant)
