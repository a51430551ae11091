"""Candidates of made-up shops, by seed."""

import numpy as np

from recommender.slate import SlateCandidates
from recommender.slate.record import BELIEF_STEPS

CATEGORIES = 6


def candidates_of(seed: int, count: int = 60, fall: float = 1.0) -> SlateCandidates:
    """`count` items whose scores fall with rank^-fall; categories are clusters of vectors."""
    rng = np.random.default_rng(seed)
    categories = rng.integers(0, CATEGORIES, count)
    vectors = rng.normal(size=(CATEGORIES, 16))[categories] + 0.5 * rng.normal(size=(count, 16))
    scores = (np.arange(count) + 1.0) ** -fall * np.exp(0.2 * rng.normal(size=count))
    order = rng.permutation(count)
    return SlateCandidates(
        item_ids=[f"item-{number}" for number in rng.permutation(10 * count)[:count]],
        scores=(scores / scores.max())[order],
        vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        categories=[f"category-{code}" for code in categories],
        brands=[f"brand-{code}" for code in rng.integers(0, 4, count)],
        impressions=rng.geometric(0.004, count).astype(float),
        age_days=rng.integers(0, 200, count).astype(float),
        attributes=[
            {"price": float(price), "tags": ["new", "sale"][: code % 3]}
            for code, price in enumerate(rng.integers(1, 50, count))
        ],
        popularity=np.floor(1e4 / (rng.permutation(count) + 1.0)),
        fatigue=tired_of(rng.poisson(2.0, count) * (rng.random(count) < 0.25)),
    )


def tired_of(times: np.ndarray) -> np.ndarray:
    """What so many times leave of a chance, in the steps that serving gives it in."""
    return np.rint(np.exp(-0.15 * times) * BELIEF_STEPS) / BELIEF_STEPS


def profile_of(seed: int) -> dict[str, float]:
    """A visitor's own mix of the categories."""
    shares = np.random.default_rng(seed).dirichlet(np.full(CATEGORIES, 0.5))
    return {f"category-{code}": float(share) for code, share in enumerate(shares)}


def permuted(candidates: SlateCandidates, order: np.ndarray) -> SlateCandidates:
    """The same items in another order."""
    columns = {
        name: [values[index] for index in order] if isinstance(values, list) else values[order]
        for name, values in vars(candidates).items()
        if values is not None
    }
    return SlateCandidates(**columns)
