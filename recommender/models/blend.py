"""The blend: the weighted sum of the models' probabilities, its weights learned from what visitors did next.

Weights are chosen by NDCG@20 of held-out interactions, on a grid over the simplex that is then refined. Maximum
likelihood (EM) was tried and was worse than the best component: it pays for mass on improbable items, which lists do
not show (Beauty .060 against .068 NDCG@10, a real retailer .212 against .222).

A blend that fits its visitors can still be worse than one model on others. So it is also judged out of fold, each half
by weights of the other, and gives way to a model that is better alone, as far as the evidence goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from recommender.data.histories import Histories
from recommender.models.base import Model
from recommender.models.family import class_of

CUTOFF = 20
GRID, REFINED = 10, (0.05, 0.025)  # steps of the first grid; moves of the refinement
LEAST_WEIGHT = 0.005  # of popularity: the answer where the other models are silent
COARSE = (0.3, 0.1)  # moves that let it join; repeated while they help


def blend_probabilities(
    models: Mapping[str, Model], weights: Mapping[str, float], histories: Histories, *, exclude_seen: bool
) -> np.ndarray:
    """float32 (B, I): Σ weight · probability over the models with a weight."""
    parts = [
        np.float32(weights[name]) * model.probabilities(histories, exclude_seen=exclude_seen)
        for name, model in models.items()
        if weights.get(name, 0.0) > 0
    ]
    return np.asarray(np.sum(parts, axis=0, dtype=np.float32))


def learn_weights(shares_BCM: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Weights that add up to one, from the probabilities (B, C, M) that the models gave to candidates; candidate 0 is
    what came next. The candidates of a row must hold every item that could stand before it in a list."""
    if not len(shares_BCM):
        return _whole({name: class_of(name).unlearned_weight for name in names})
    early, late = (np.flatnonzero([class_of(name).joins_late is joins for name in names]) for joins in (False, True))
    best_M, best = np.full(len(names), 1 / len(names)), -1.0
    for weights_E in _simplex(len(early)):
        weights_M = np.zeros(len(names))
        weights_M[early] = weights_E
        best_M, best = _better(shares_BCM, weights_M, best_M, best)
    for move in REFINED:
        best_M, best = _moved(shares_BCM, move, early, best_M, best)
    if len(late):
        best_M, best = _joined(shares_BCM, late, best_M, best)
    return _whole(dict(zip(names, best_M.tolist(), strict=True)))


def settle_weights(shares_BCM: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """`learn_weights`, moved towards one model where that alone is better than the blend for visitors whom it did not
    learn from: by d² / (d² + s²) for a mean advantage of d with the standard error s, so few visitors move little.
    Where what lies between is worse than that model for all visitors, the nearer end is taken."""
    weights = learn_weights(shares_BCM, names)
    if len(shares_BCM) < 2:
        return weights
    blend_B = _out_of_fold_gains(shares_BCM, names)
    advantages_MB = np.stack([_gains(shares_BCM, weights_M) for weights_M in np.eye(len(names))]) - blend_B
    best = int(advantages_MB.mean(axis=1).argmax())
    mean, error = float(advantages_MB[best].mean()), float(advantages_MB[best].std() / np.sqrt(len(blend_B)))
    if mean <= 0:
        return weights
    trust = mean**2 / (mean**2 + error**2)
    alone_M, blend_M = np.eye(len(names))[best], np.array([weights[name] for name in names])
    moved_M = (1 - trust) * blend_M + trust * alone_M
    if _ndcg(shares_BCM, moved_M) < _ndcg(shares_BCM, alone_M):
        moved_M = alone_M if trust > 0.5 else blend_M
    return _whole(dict(zip(names, moved_M.tolist(), strict=True)))


def _out_of_fold_gains(shares_BCM: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """(B,) what each half of the visitors gets from weights learned on the other."""
    gains_B = np.zeros(len(shares_BCM))
    for half in (0, 1):
        weights = learn_weights(shares_BCM[1 - half :: 2], names)
        gains_B[half::2] = _gains(shares_BCM[half::2], np.array([weights[name] for name in names]))
    return gains_B


def _joined(shares_BCM: np.ndarray, late: np.ndarray, best_M: np.ndarray, best: float) -> tuple[np.ndarray, float]:
    """With the late models too: never worse than without them, nor than any of them alone."""
    everyone = np.arange(len(best_M))
    for weights_M in np.eye(len(best_M))[late]:
        best_M, best = _better(shares_BCM, weights_M, best_M, best)
    for move in COARSE:
        before = -1.0
        while best > before:
            before = best
            best_M, best = _moved(shares_BCM, move, everyone, best_M, best)
    for move in REFINED:
        best_M, best = _moved(shares_BCM, move, everyone, best_M, best)
    return best_M, best


def _moved(
    shares_BCM: np.ndarray, move: float, models: np.ndarray, best_M: np.ndarray, best: float
) -> tuple[np.ndarray, float]:
    """Weight from each of these models to each other, kept where it helps."""
    for source, target in permutations(models, 2):
        weights_M = best_M.copy()
        weights_M[target] += move
        weights_M[source] -= move
        if weights_M[source] >= -1e-9:
            best_M, best = _better(shares_BCM, np.maximum(weights_M, 0.0), best_M, best)
    return best_M, best


def _better(shares_BCM: np.ndarray, weights_M: np.ndarray, best_M: np.ndarray, best: float) -> tuple[np.ndarray, float]:
    value = _ndcg(shares_BCM, weights_M)
    return (weights_M, value) if value > best + 1e-9 else (best_M, best)


def _ndcg(shares_BCM: np.ndarray, weights_M: np.ndarray) -> float:
    return float(_gains(shares_BCM, weights_M).mean())


def _gains(shares_BCM: np.ndarray, weights_M: np.ndarray) -> np.ndarray:
    """(B,) NDCG@20 of each visitor."""
    scores_BC = shares_BCM @ weights_M.astype(np.float32)
    ranks_B = (scores_BC >= scores_BC[:, :1]).sum(axis=1)
    return np.where(ranks_B <= CUTOFF, 1 / np.log2(ranks_B + 1), 0.0)


def _simplex(models: int) -> Iterator[np.ndarray]:
    """Every vector of multiples of 1/GRID that adds up to one."""

    def parts(left: int, count: int) -> Iterator[list[int]]:
        if count == 1:
            yield [left]
            return
        for first in range(left + 1):
            for rest in parts(left - first, count - 1):
                yield [first, *rest]

    for counts in parts(GRID, models):
        yield np.array(counts) / GRID


def _whole(weights: dict[str, float]) -> dict[str, float]:
    if "popularity" in weights:
        weights["popularity"] = max(weights["popularity"], LEAST_WEIGHT)
    total = sum(weights.values())
    return {name: round(weight / total, 4) for name, weight in weights.items()}
