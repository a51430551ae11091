"""Shops whose visitors' interests are known: `python -m benchmarks.known_interests [--shops 40] [--seed 0]`.

Every visitor has one of G interests, 2 to 24 of them, each with items of its own by a Zipf law; some look into a second
interest as well, and a part of what everybody does is noise over the whole catalog. Sizes of interests are unequal in
half of the shops. What segments need is trained on each, nothing else, and the number found and the adjusted Rand index
of the likeliest segments with the known interests are reported. Exit status 1 below the promise of docs/models.md.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from recommender.data.dataset import build_dataset
from recommender.data.interactions import EVENT_TYPES, Interactions
from recommender.models.factors import Factors, FactorsConfig
from recommender.training.segmenting import segment

VISITORS = 4000
FEWEST, MOST = 6, 30  # interactions of a visitor
DAY, NOW = 86_400.0, 1_750_000_000.0
RIGHT, MEDIAN, LEAST = 0.8, 0.95, 0.85  # share of shops with the right number; adjusted Rand index


@dataclass(frozen=True)
class KnownShop:
    """How a shop is made. `noise`: share of interactions over the whole catalog; `mixed`: share of the visitors who
    have a second interest, which `second` of what they do is about; `skew`: sizes ∝ rank ** -skew."""

    interests: int
    noise: float
    skew: float
    mixed: float
    second: float
    items_each: int
    zipf: float
    seed: int


def shops(count, seed):
    """The shops of the benchmark, the numbers of interests spread evenly from 2 to 24."""
    rng = np.random.default_rng([seed, 17])
    numbers = np.round(np.linspace(2, 24, count)).astype(int)
    return [_drawn(rng, int(number), seed * 1000 + place) for place, number in enumerate(numbers)]


def _drawn(rng, interests, seed):
    return KnownShop(
        interests=interests,
        noise=round(float(rng.uniform(0.1, 0.4)), 2),
        skew=float(rng.choice([0.0, 0.3, 0.6])),
        mixed=float(rng.choice([0.0, 0.1, 0.2])),
        second=0.3,
        items_each=int(rng.integers(30, 121)),
        zipf=round(float(rng.uniform(0.8, 1.2)), 2),
        seed=seed,
    )


def made(shop, visitors=VISITORS):
    """The dataset of a shop, and the interest of each of its visitors."""
    rng = np.random.default_rng([shop.seed, 5])
    share_G = np.arange(1, shop.interests + 1) ** -shop.skew
    interest_V = rng.choice(shop.interests, visitors, p=share_G / share_G.sum())
    other_V = (interest_V + rng.integers(1, max(shop.interests, 2), visitors)) % shop.interests
    second_V = np.where(rng.random(visitors) < shop.mixed, shop.second, 0.0)
    lengths_V = rng.integers(FEWEST, MOST + 1, visitors)
    visitor_N = np.repeat(np.arange(visitors), lengths_V)
    interest_N = np.where(rng.random(len(visitor_N)) < second_V[visitor_N], other_V[visitor_N], interest_V[visitor_N])
    items, weights = shop.interests * shop.items_each, np.arange(1, shop.items_each + 1) ** -shop.zipf
    item_N = interest_N * shop.items_each + rng.choice(shop.items_each, len(visitor_N), p=weights / weights.sum())
    noisy_N = rng.random(len(visitor_N)) < shop.noise
    item_N[noisy_N] = rng.integers(0, items, noisy_N.sum())
    seconds_N = NOW - rng.random(len(visitor_N)) * 90 * DAY
    dataset = build_dataset(
        Interactions(
            np.array([f"v{v}" for v in range(visitors)], object),
            np.array([f"i{i}" for i in range(items)], object),
            visitor_N.astype(np.int32),
            item_N.astype(np.int32),
            seconds_N,
            np.full(len(visitor_N), EVENT_TYPES.index("view_item"), np.int8),
        )
    )
    return dataset, interest_V[[int(name[1:]) for name in dataset.visitor_ids]]


def found(shop):
    """The number of segments and the adjusted Rand index with what is known."""
    dataset, interest_V = made(shop)
    with threadpool_limits(1):
        segmented = segment(dataset, Factors(FactorsConfig()).fit(dataset), seed=shop.seed)
        labels_V = segmented.segments.memberships(segmented.interest_VP).argmax(axis=1)
    return len(segmented.described), float(adjusted_rand_score(interest_V, labels_V))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = []
    for shop in shops(options.shops, options.seed):
        begun = time.process_time()
        number, agreement = found(shop)
        rows.append((shop.interests, number, agreement))
        print(f"{number:2d} of {shop.interests:2d}  ARI {agreement:.3f}  {time.process_time() - begun:4.1f} s  {shop}")
    right = np.mean([number == interests for interests, number, _ in rows])
    agreements = [agreement for _, _, agreement in rows]
    print(f"right number {right:.0%}, ARI median {np.median(agreements):.3f}, least {min(agreements):.3f}")
    raise SystemExit(0 if right >= RIGHT and np.median(agreements) >= MEDIAN and min(agreements) >= LEAST else 1)


if __name__ == "__main__":
    main()
