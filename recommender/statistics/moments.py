"""Summable moments: all that a comparison needs to know of an arm."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Moments:
    """Sums over the n visitors of an arm (or of one of its days; days are added).

    y is the metric. x is the denominator of a ratio metric, or the covariate of CUPED: the same metric before the
    visitor's first exposure. For a proportion y is 0 or 1 and sum_y suffices. c is the covariate of a ratio metric.
    """

    n: int = 0
    sum_y: float = 0.0
    sum_yy: float = 0.0
    sum_x: float = 0.0
    sum_xx: float = 0.0
    sum_xy: float = 0.0
    sum_c: float = 0.0
    sum_cc: float = 0.0
    sum_cy: float = 0.0
    sum_cx: float = 0.0

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(*(getattr(self, name) + getattr(other, name) for name in SUMS))

    @property
    def mean(self) -> float:
        """Mean of y; 0 without a visitor."""
        return self.sum_y / self.n if self.n else 0.0


SUMS = tuple(field.name for field in fields(Moments))  # n first
