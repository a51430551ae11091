"""What the pages of a shop's own metrics show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Shop
from dashboard.core import errors, formats
from dashboard.experiments import selectors
from dashboard.experiments.metric_forms import BETTER, FIRST, MetricForm
from dashboard.experiments.metric_models import OwnMetric
from dashboard.experiments.metrics import Metric
from dashboard.experiments.own_metric_sql import COUNTED_TYPES
from dashboard.experiments.own_metrics import key_of, metric_of
from dashboard.experiments.services import MetricTerms, checked_terms


@dataclass(frozen=True)
class MetricLine:
    """A metric of the list, and what it counts in a sentence."""

    own: OwnMetric
    key: str
    counts: str


@dataclass(frozen=True)
class Need:
    """How many visitors an experiment needs that shall show a change of so much."""

    change: float
    visitors: int


def metrics_page(shop: Shop) -> dict[str, Any]:
    lines = [MetricLine(own, key_of(own.pk), counts_in_words(own)) for own in selectors.own_metrics(shop.pk)]
    return {"lines": lines, "guards": sum(line.own.guard_limit is not None for line in lines)}


def metric_page(own: OwnMetric) -> dict[str, Any]:
    """One of them, with its limit as the form takes it."""
    limit = "" if own.guard_limit is None else f"{100 * own.guard_limit:g}"
    return {"own": own, "counts": counts_in_words(own), "guard_percent": limit}


def form_page(shop: Shop, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it was sent, or as it begins."""
    given = sent or FIRST
    return {
        "given": given,
        "types": [(kind.value, kind.label) for kind in COUNTED_TYPES],
        "ways": OwnMetric.Aggregation.choices,
        "better": BETTER,
        **preview_page(shop, given),
    }


def preview_page(shop: Shop, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the metric that is being defined was in the last weeks; `problems` where it cannot be counted."""
    form = MetricForm(sent)
    if not form.is_valid():
        return {"preview": None, "preview_problems": form.problems}
    try:
        terms = checked_terms(form.terms)
    except errors.Invalid as refusal:
        return {"preview": None, "preview_problems": refusal.fields}
    return {"preview": told_preview(shop, terms), "preview_problems": {}}


def told_preview(shop: Shop, terms: MetricTerms) -> dict[str, Any]:
    """The figures as a page tells them."""
    found, metric = selectors.preview_of(shop, terms.definition), draft_metric(shop, terms)
    currency = shop.currency
    return {
        "found": found,
        "value": metric.shown(found.mean, currency),
        "deviation": _of_one(metric, found.deviation, currency),
        "high": _of_one(metric, found.high, currency),
        "most": _of_one(metric, found.most, currency),
        "needs": [Need(change, visitors) for change, visitors in found.needed.items()],
    }


def draft_metric(shop: Shop, terms: MetricTerms) -> Metric:
    """As one that is not stored yet would be told."""
    return metric_of(
        OwnMetric(pk=0, shop=shop, name="", event_type=terms.event_type, aggregation=terms.aggregation, cap=terms.cap)
    )


def counts_in_words(own: OwnMetric) -> str:
    """“added to cart: how often it happened, of items with price < 20, from 24 hours after the first slate on, at most
    5 of one visitor”."""
    said = [f"{own.get_event_type_display()}: {own.get_aggregation_display()}"]
    if own.expression:
        said.append(_("of items with %(expression)s") % {"expression": own.expression})
    if own.delay_hours:
        said.append(
            ngettext(
                "from %(hours)s hour after the first slate on",
                "from %(hours)s hours after the first slate on",
                own.delay_hours,
            )
            % {"hours": formats.number(own.delay_hours)}
        )
    if own.window_days is not None:
        said.append(
            ngettext("for %(days)s day", "for %(days)s days", own.window_days)
            % {"days": formats.number(own.window_days)}
        )
    if own.cap is not None:
        said.append(_("at most %(cap)s of one visitor") % {"cap": formats.number(own.cap, 2)})
    return _(", ").join(said)


def _of_one(metric: Metric, value: float, currency: str) -> str:
    """A value of one visitor, where the metric itself is told of a thousand."""
    return formats.money(value, currency) if metric.unit == "money" else formats.number(value, 2)
