"""When it is clear what an item is worth: its click rate against that of usual slots, by the 95% interval."""

import math
from dataclasses import astuple, dataclass
from typing import Literal

Z = 1.96
SHOWN_MIN = 20  # few showings decide nothing, however they went: with hundreds of items tried, some are lucky once
EXPLORED_SHARE_MIN = 0.5
Verdict = Literal["earns", "early", "back"]


@dataclass(frozen=True)
class Shown:
    """Slots and their clicks, and those of them that were tried."""

    shown: int = 0
    clicks: int = 0
    tried: int = 0
    tried_clicks: int = 0

    def __add__(self, other: "Shown") -> "Shown":
        return Shown(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: "Shown") -> "Shown":
        return Shown(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @property
    def rate(self) -> float:
        return self.clicks / self.shown if self.shown else 0.0

    @property
    def untried(self) -> int:
        return self.shown - self.tried

    @property
    def untried_clicks(self) -> int:
        return self.clicks - self.tried_clicks

    @property
    def is_owed_to_exploration(self) -> bool:
        """Most of its slots are tried ones: what is shown without exploration anyway was not found by it."""
        return self.tried > EXPLORED_SHARE_MIN * self.shown


def verdict(clicks: int, shown: int, usual_rate: float) -> Verdict:
    """It earns its place, or goes back, where the interval (Wilson 1927) lies wholly on one side; else it is early."""
    if shown < SHOWN_MIN:
        return "early"
    low, high = wilson_interval(clicks, shown)
    if low > usual_rate:
        return "earns"
    return "back" if high < usual_rate else "early"


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95% score interval of a proportion: honest for few trials and for none of them a success."""
    share, square = successes / trials, Z * Z
    center = (share + square / (2 * trials)) / (1 + square / trials)
    half = Z / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return center - half, center + half
