"""Visitors as experiments meet them, made up: what each does after the first slate, and did in the weeks before.

A taste that a visitor keeps drives both, so that the past tells of the present; how much it tells differs by metric.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommender.statistics import Moments

Draw = Callable[[np.random.Generator, int, float], tuple[np.ndarray, ...]]


@dataclass(frozen=True)
class World:
    """A metric of made-up visitors: `draw(rng, count, lift)` gives y, x and c of each; the mean of y (of y/x where it
    is a ratio) is lifted by exactly `lift`. `without`: the kind of the same metric without CUPED, empty where `kind`
    has none. `halfway_lift`: the change that about half of the tests find."""

    kind: str
    draw: Draw
    without: str = ""
    halfway_lift: float = 0.0
    visitors_a_day: int = 150  # of an arm, on average
    is_money: bool = False


def daily_moments(world, rng, days, lift):
    """Sums of one arm's days. As many visitors come as chance sends."""
    return [_sums(*world.draw(rng, max(count, 1), lift)) for count in rng.poisson(world.visitors_a_day, days).tolist()]


def _sums(y, x=None, c=None):
    zero = np.zeros(len(y))
    x, c = zero if x is None else x, zero if c is None else c
    sums = (y.sum(), y @ y, x.sum(), x @ x, x @ y, c.sum(), c @ c, c @ y, c @ x)
    return Moments(len(y), *map(float, sums))


def _tastes(rng, count):
    """How much more than others a visitor acts: gamma, mean 1, of whom one in ten acts for a third of all."""
    return rng.gamma(0.7, 1.0 / 0.7, count)


def carts(rng, count, lift):
    """Whether somebody adds to cart, 10% do; before, in four times the time, by the same taste."""
    taste = _tastes(rng, count)
    chance = 1.0 - np.exp(-0.1 * taste)
    now = rng.random(count) < np.minimum(chance * (1.0 + lift), 1.0)
    before = rng.random(count) < 1.0 - np.exp(-0.4 * taste)
    return now.astype(float), before.astype(float)


def pieces(rng, count, lift):
    """How many pieces somebody orders."""
    return (rng.poisson(0.4 * _tastes(rng, count) * (1.0 + lift)).astype(float),)


def revenue(rng, count, lift):
    """One in twelve buys; baskets are lognormal with σ = 1.1, the dearest hundredth 13 times the median. Who buys much
    keeps buying much."""
    taste, purse = _tastes(rng, count), rng.lognormal(0.0, 0.7, count)
    baskets = rng.lognormal(3.0, 0.85, (2, count)) * purse
    now = rng.random(count) < 1.0 - np.exp(-0.09 * taste)
    before = rng.poisson(0.6 * taste)
    return now * baskets[0] * (1.0 + lift), before * baskets[1]


def clicks(rng, count, lift):
    """Clicks on slates: 10% of slates get one, by the visitor's own liking. The past: clicks beyond what its slates
    would bring on average."""
    slates, earlier = 1 + rng.poisson(2.0, count), rng.poisson(8.0, count)
    liking = rng.beta(1.0, 9.0, count)
    now, before = rng.binomial(slates, np.minimum(liking * (1.0 + lift), 1.0)), rng.binomial(earlier, liking)
    return now.astype(float), slates.astype(float), before - 0.1 * earlier


def _first(draw, columns):
    """A draw without what CUPED needs."""
    return lambda rng, count, lift: draw(rng, count, lift)[:columns]


WORLDS = {
    "adds to cart": World("proportion", _first(carts, 1)),
    "adds to cart, CUPED": World("mean_cuped", carts, "proportion", 0.27),
    "pieces a visitor": World("mean", pieces),
    "revenue a visitor": World("mean", _first(revenue, 1), visitors_a_day=600, is_money=True),
    "revenue a visitor, CUPED": World("mean_cuped", revenue, "mean", 0.32, visitors_a_day=600, is_money=True),
    "clicks a slate": World("ratio", _first(clicks, 2)),
    "clicks a slate, CUPED": World("ratio_cuped", clicks, "ratio", 0.17),
}
