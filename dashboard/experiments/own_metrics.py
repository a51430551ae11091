"""A shop's own metrics: what each counts, and how it is told."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from dashboard.experiments.metric_models import NAME_MAX_LENGTH, OwnMetric
from dashboard.experiments.metrics import Guardrail, Metric, Text

__all__ = [
    "AGGREGATIONS",
    "NAME_MAX_LENGTH",
    "Definition",
    "definition_of",
    "guardrail_of",
    "id_of",
    "key_of",
    "metric_of",
]
AGGREGATIONS = OwnMetric.Aggregation
_KEY = re.compile(r"own_([1-9][0-9]{0,17})")
_DEFAULT_LIMIT = 0.05  # of a metric that guards nothing it is never read


@dataclass(frozen=True)
class Definition:
    """What is counted of a visitor. `key` names it in sums and SQL: letters, digits and underscores.

    `window_days` None: as long as the experiment counts; `cap`: what of one visitor counts at most (winsorising).
    `made_at`: since when it is counted; None of one that is only tried.
    """

    key: str
    event_type: str
    aggregation: str
    expression: str = ""
    window_days: int | None = None
    delay_hours: int = 0
    cap: float | None = None
    made_at: datetime | None = None

    def lasts(self, window: timedelta) -> timedelta:
        """Until when after the first slate it counts, in an experiment that counts for `window`."""
        own = window if self.window_days is None else timedelta(days=self.window_days)
        return timedelta(hours=self.delay_hours) + own


def key_of(own_id: int) -> str:
    """By which experiments and their sums know a shop's own metric."""
    return f"own_{own_id}"


def id_of(key: str) -> int | None:
    """The other way; None for a metric that every shop has."""
    found = _KEY.fullmatch(key)
    return int(found[1]) if found else None


def definition_of(own: OwnMetric) -> Definition:
    return Definition(
        key_of(own.pk),
        own.event_type,
        own.aggregation,
        own.expression,
        own.window_days,
        own.delay_hours,
        own.cap,
        own.created_at,
    )


def metric_of(own: OwnMetric) -> Metric:
    """As the statistics and the pages read it; its words follow the reader's language."""
    name = own.name.replace("%", "%%")  # the gain and the loss are patterns
    words: dict[str, Any] = {
        "label": _label(own),
        "gain": format_lazy(_("“{name}” rises by {change}"), name=name, change="%(change)s"),
        "loss": format_lazy(_("“{name}” falls by {change}"), name=name, change="%(change)s"),
    }
    return Metric(key_of(own.pk), kind="mean_cuped", **_shown_as(own), **words, higher_is_better=own.higher_is_better)


def guardrail_of(own: OwnMetric) -> Guardrail:
    """The same as what must not get worse by more than its limit."""
    return Guardrail(
        key_of(own.pk),
        _label(own),
        "mean_cuped",
        **_shown_as(own),
        limit=own.guard_limit or _DEFAULT_LIMIT,
        higher_is_better=own.higher_is_better,
    )


def _label(own: OwnMetric) -> Text:
    if own.aggregation in (OwnMetric.Aggregation.COUNT, OwnMetric.Aggregation.DISTINCT):
        return format_lazy(_("{name}, per 1,000 visitors"), name=own.name)
    return own.name


def _shown_as(own: OwnMetric) -> dict[str, Any]:
    if own.aggregation == OwnMetric.Aggregation.ANY:
        return {"unit": "share"}
    if own.aggregation == OwnMetric.Aggregation.SUM:
        return {"unit": "money"}
    return {"unit": "count", "scale": 1000}
