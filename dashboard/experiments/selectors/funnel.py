"""How far the slates of each variant came: served, rendered, clicked, led to a cart, to a purchase."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard.experiments.metrics import FUNNEL, Text
from dashboard.experiments.models import DailyMoment

SERVED = "slates_served"


@dataclass(frozen=True)
class Stage:
    """`slates`: {variant: how many came so far}; `shares`: of those that were served there."""

    key: str
    label: Text
    slates: dict[str, int]
    shares: dict[str, float]


def funnel_of(rows: Mapping[str, Iterable[DailyMoment]], keys: Iterable[str], served: Text) -> list[Stage]:
    """The first stage is what was served; empty where nothing was. `rows`: moments by metric."""
    keys = list(keys)
    first = list(rows[next(iter(FUNNEL))])
    shown = {key: sum(row.sum_x for row in first if row.variant == key) for key in keys}
    if not sum(shown.values()):
        return []
    stages = [_stage(SERVED, served, shown, shown)]
    for metric, label in FUNNEL.items():
        came = {key: sum(row.sum_y for row in rows[metric] if row.variant == key) for key in keys}
        stages.append(_stage(metric, label, came, shown))
    return stages


def _stage(key: str, label: Text, came: Mapping[str, float], served: Mapping[str, float]) -> Stage:
    shares = {variant: count / served[variant] if served[variant] else 0.0 for variant, count in came.items()}
    return Stage(key, label, {variant: round(count) for variant, count in came.items()}, shares)
