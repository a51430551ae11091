"""Shops of very different shapes, made up from a seed: `python -m benchmarks.shapes [--shapes A,B] [--presets fast]`.

Fits each preset on each shape as `benchmarks.quality` does, and holds it to the same promise: on visitors' last
interactions, which nothing was learned from, the blend has at least 0.98 of the NDCG@10 of its best component.
"""

import argparse

import numpy as np

from benchmarks.quality import LEAST_RATIO, row
from recommender.data.dataset import build_dataset
from recommender.data.interactions import EVENT_TYPES, Interactions

DAY = 86_400.0
NOW = 1_750_000_000.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", default=",".join(SHAPES), help=f"of {', '.join(SHAPES)} (all)")
    parser.add_argument("--presets", default="fast")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    ratios = []
    for name in options.shapes.split(","):
        dataset = SHAPES[name](np.random.default_rng([options.seed, len(name)]))
        ratios += [row(dataset, preset, options.seed, shape=name) for preset in options.presets.split(",")]
    raise SystemExit(0 if min(ratios) >= LEAST_RATIO else 1)


def few_items(rng):
    """60 items, 6,000 visitors who mostly go to one of the three favourite successors of what they saw."""
    return _shop(_walks(rng, np.full(6000, 7), items=60, family=60, stay=0.7))


def many_items(rng):
    """30,000 items, 600 visitors with 60 interactions in a handful of families."""
    return _shop(_walks(rng, np.full(600, 60), items=30_000, family=12, stay=0.8))


def anonymous(rng):
    """10,000 sessions of two or three views of one of 300 families, in no order."""
    return _shop(_within_families(rng, rng.integers(2, 4, 10_000), items=3000, family=10))


def groceries(rng):
    """2,000 households that buy 25 favourites of 1,200 items again and again, and now and then something new."""
    shelves = _popular(rng, 1200, power=0.7)
    visitors = []
    for _ in range(2000):
        favourites = rng.choice(1200, 25, replace=False, p=shelves)
        items = np.where(rng.random(80) < 0.85, rng.choice(favourites, 80), rng.choice(1200, 80, p=shelves))
        visitors.append((items, NOW - DAY * 300 + np.sort(rng.random(80)) * DAY * 300))
    return _shop(visitors, kind="purchase")


def drifting(rng):
    """Fashion: each of 3,000 items is popular for about two weeks of a year; 8,000 visitors come for a day or two."""
    peak_I, power_I = rng.random(3000) * 365, rng.pareto(1.2, 3000) + 0.1
    visitors = []
    for _ in range(8000):
        day = rng.random() * 365
        chances = power_I * np.exp(-(((peak_I - day) / 7) ** 2)) + 1e-9
        count = int(rng.integers(3, 9))
        items = rng.choice(3000, count, p=chances / chances.sum())
        visitors.append((items, NOW + (day - 365 + np.sort(rng.random(count)) * 2) * DAY))
    return _shop(visitors)


def shapeless(rng):
    """Nothing but popularity: 6,000 visitors draw from 2,000 items, each on its own."""
    shelves = _popular(rng, 2000, power=0.9)
    return _shop(_timed(rng, [rng.choice(2000, int(n), p=shelves) for n in rng.integers(3, 15, 6000)]))


def tiny(rng):
    """A shop that has just begun: 120 visitors, 80 items."""
    return _shop(_walks(rng, rng.integers(2, 9, 120), items=80, family=8, stay=0.7))


def _walks(rng, lengths_V, *, items, family, stay):
    shelves, favourites_IS = _popular(rng, items, power=0.8), rng.integers(family, size=(items, 3))
    visitors = []
    for length in lengths_V.tolist():
        path = [int(rng.choice(items, p=shelves))]
        while len(path) < length:
            first = path[-1] // family * family
            near = min(first + int(favourites_IS[path[-1], rng.integers(3)]), items - 1)
            path.append(near if rng.random() < stay else int(rng.choice(items, p=shelves)))
        visitors.append(np.array(path))
    return _timed(rng, visitors)


def _within_families(rng, lengths_V, *, items, family):
    families = _popular(rng, items // family, power=0.7)
    return _timed(
        rng,
        [
            rng.choice(items // family, p=families) * family + rng.choice(family, length, replace=False)
            for length in lengths_V.tolist()
        ],
    )


def _popular(rng, items, *, power):
    chances = 1 / (np.arange(items) + 5.0) ** power
    return rng.permutation(chances / chances.sum())


def _timed(rng, visitors):
    """One interaction a minute, from a moment of the last 90 days on."""
    return [(items, NOW - rng.random() * 90 * DAY + 60.0 * np.arange(len(items))) for items in visitors]


def _shop(visitors, kind="view_item"):
    lengths = [len(items) for items, _ in visitors]
    item_N = np.concatenate([items for items, _ in visitors])
    ids, code_N = np.unique(item_N, return_inverse=True)
    return build_dataset(
        Interactions(
            np.array([f"visitor-{v}" for v in range(len(visitors))], object),
            np.array([f"item-{i}" for i in ids], object),
            np.repeat(np.arange(len(visitors)), lengths).astype(np.int32),
            code_N.astype(np.int32),
            np.concatenate([seconds for _, seconds in visitors]),
            np.full(len(item_N), EVENT_TYPES.index(kind), np.int8),
        )
    )


SHAPES = {
    "few-items": few_items,
    "many-items": many_items,
    "anonymous": anonymous,
    "groceries": groceries,
    "drifting": drifting,
    "shapeless": shapeless,
    "tiny": tiny,
}

if __name__ == "__main__":
    main()
