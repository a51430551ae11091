"""What exploring cost each variant of an experiment, counted as the ledger counts the days of a placement."""

import math
from dataclasses import dataclass
from datetime import datetime

from dashboard.core import clock
from dashboard.core.kept import kept
from dashboard.experiments.models import Experiment
from dashboard.ledger.services.costs import Cost, costs_of
from dashboard.ledger.services.slates import DaySlates, slates_of_variant

KEPT_SECONDS = 3600  # of one refresh of the experiment
PER_SLATES = 1000
_HALF_WIDTH = 1.96  # standard errors


@dataclass(frozen=True)
class Each:
    """A cost of 1,000 slates, and how far it may be off (95%); None where no estimate may be told."""

    value: float | None
    doubt: float | None


@dataclass(frozen=True)
class VariantCost:
    """Of the newest slates of a variant: how many there were, how many could have been others, and what exploring cost
    in clicks and in money."""

    variant: str
    slates: int
    exploring: int
    clicks: Each
    money: Each


def variant_costs(experiment: Experiment) -> list[VariantCost]:
    """A first; those that show nothing are left out. Once a refresh, a second for each variant."""
    until = experiment.refreshed_at or clock.now()
    key = f"experiment-exploration:{experiment.pk}:{until.timestamp()}"
    return kept(key, KEPT_SECONDS, lambda: _costs(experiment, until))


def _costs(experiment: Experiment, until: datetime) -> list[VariantCost]:
    shown = [variant.key for variant in experiment.variants.all() if not variant.shows_nothing]
    return [_cost_of(key, _of_people_first(experiment, key, until)) for key in shown]


def _of_people_first(experiment: Experiment, variant: str, until: datetime) -> DaySlates:
    """Simulated shoppers count where nobody else came."""
    real = slates_of_variant(experiment, variant, until=until, simulated=False)
    return real if real.slates else slates_of_variant(experiment, variant, until=until, simulated=True)


def _cost_of(variant: str, found: DaySlates) -> VariantCost:
    costs, count = costs_of(found), len(found.slates)
    return VariantCost(variant, count, found.exploring, _each(costs.clicks, count), _each(costs.money, count))


def _each(cost: Cost, slates: int) -> Each:
    if cost.value is None or cost.variance is None or not slates:
        return Each(None, None)
    share = PER_SLATES / slates
    return Each(cost.value * share, _HALF_WIDTH * math.sqrt(cost.variance) * share)
