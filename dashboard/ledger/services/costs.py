"""What exploring cost on a day: what the slates without it would have brought more, by propensities."""

from dataclasses import dataclass
from typing import Literal

from dashboard.ledger.services.slates import DaySlates, place_log
from recommender.off_policy import Estimate, change_by_places
from recommender.statistics.quantiles import normal_quantile

TOLERATED = 0.01  # share of slates whose propensities may be other than their policy gives
_HALF_WIDTHS = normal_quantile(0.975)  # standard errors on each side of an estimate


@dataclass(frozen=True)
class Cost:
    """Of all slates of a day, positive where the slates without exploration would have brought more; and its variance.
    None where no estimate may be told."""

    value: float | None
    variance: float | None


@dataclass(frozen=True)
class Costs:
    """`effective`: so many slates without exploration the log is worth."""

    clicks: Cost
    money: Cost
    effective: float


NOTHING, UNTOLD = Cost(0.0, 0.0), Cost(None, None)


def costs_of(day: DaySlates) -> Costs:
    """Doubly robust, place by place, and paired slate by slate with what was earned. Slates without exploration cost
    nothing; those that the log does not tell of are taken to cost as much as the others."""
    if not day.exploring:
        return Costs(NOTHING, NOTHING, float(len(day.slates)))
    told = sum(len(part.units) for part in day.parts)
    if told < 2 or day.mismatched > TOLERATED * day.exploring:
        return Costs(UNTOLD, UNTOLD, 0.0)
    return Costs(_cost(day, "clicks_NK"), _cost(day, "money_NK"), place_log(day.parts, "clicks_NK").effective)


def _cost(day: DaySlates, metric: Literal["clicks_NK", "money_NK"]) -> Cost:
    gained = change_by_places(place_log(day.parts, metric))
    return Cost(day.exploring * gained.value, (day.exploring * _standard_error(gained)) ** 2)


def _standard_error(estimate: Estimate) -> float:
    low, high = estimate.interval
    return (high - low) / 2.0 / _HALF_WIDTHS
