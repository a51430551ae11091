"""What sums over visitors tell of a mean or a rate, with the range of plausible values: visitors are the sample."""

import math
from dataclasses import dataclass

_HALF_WIDTH = 1.959964  # standard errors on each side of a 95 % interval


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float

    def differs_from(self, usual: float) -> bool:
        return not self.low <= usual <= self.high


def mean_of(visitors: int, total: float, squares: float) -> Estimate:
    """Of a quantity that is not below 0, by its sum and the sum of its squares over visitors."""
    mean = total / visitors
    variance = max(squares - total * mean, 0.0) / max(visitors - 1, 1)
    half = _HALF_WIDTH * math.sqrt(variance / visitors)
    return Estimate(mean, max(mean - half, 0.0), mean + half)


def share_of(part: int, visitors: int) -> Estimate:
    """Of visitors who did something (Wilson 1927: holds its 95 % near 0 and 1 too)."""
    z2, share = _HALF_WIDTH**2, part / visitors
    middle = (part + z2 / 2) / (visitors + z2)
    half = _HALF_WIDTH * math.sqrt(share * (1 - share) / visitors + z2 / (4 * visitors**2)) / (1 + z2 / visitors)
    return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0))


def times_of(share: Estimate, usual: float) -> Estimate | None:
    """How many times `usual` a share above 0 is; the interval is that of its logarithm, so it stays above 0."""
    if share.value <= 0 or usual <= 0:
        return None
    times, spread = share.value / usual, math.exp((share.high - share.value) / share.value)
    return Estimate(times, times / spread, times * spread)


def rate_of(visitors: int, sums: list[float]) -> Estimate | None:
    """Clicks on 1,000 slates, by sums over visitors of slates, clicks, their squares and their product. Slates of one
    visitor are alike, so the doubt is that of a ratio of two means over visitors (linearised)."""
    slates, clicks, slates_squared, clicks_squared, product = sums
    if visitors < 2 or not slates:
        return None
    rate = clicks / slates
    spread = max(clicks_squared - 2 * rate * product + rate**2 * slates_squared, 0.0)
    half = _HALF_WIDTH * math.sqrt(spread * visitors / (visitors - 1)) / slates
    return Estimate(1000 * rate, 1000 * max(rate - half, 0.0), 1000 * (rate + half))
