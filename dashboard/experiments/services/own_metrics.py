"""Making, renaming and archiving a shop's own metrics."""

import math
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.core.external import name as checked_name
from dashboard.core.verdicts import Rejection
from dashboard.experiments.metric_models import NAME_MAX_LENGTH, OwnMetric
from dashboard.experiments.own_metric_sql import COUNTED_TYPES
from dashboard.experiments.own_metrics import Definition
from dashboard.experiments.selectors.own import own_metric, own_metrics
from recommender.expressions import ITEMS, ExpressionError, parsed

MOST_METRICS = 30  # a refresh counts each of them in every experiment
MOST_WINDOW_DAYS = 60
MOST_DELAY_HOURS = 60 * 24
DRAFT_KEY = "own_0"  # of one that is not stored yet


@dataclass(frozen=True)
class MetricTerms:
    """What a new metric counts (`OwnMetric`); checked by `checked_terms`."""

    event_type: str
    aggregation: str
    expression: str = ""
    window_days: int | None = None
    delay_hours: int = 0
    cap: float | None = None
    higher_is_better: bool = True

    @property
    def definition(self) -> Definition:
        return Definition(
            DRAFT_KEY,
            self.event_type,
            self.aggregation,
            self.expression,
            self.window_days,
            self.delay_hours,
            self.cap,
        )


def checked_terms(terms: MetricTerms) -> MetricTerms:
    """The same. Raises `Invalid` by field."""
    problems = {name: problem for name, problem in _problems(terms) if problem}
    if problems:
        raise errors.Invalid(_("Some fields need another value."), fields=problems)
    return terms


@transaction.atomic
def create_metric(
    *, shop: Shop, name: str, terms: MetricTerms, guard_limit: float | None = None, by: User | None, label: str = ""
) -> OwnMetric:
    """Raises `Invalid` by field, and `Conflict` where the name is taken or the shop has as many as it may have."""
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    if own_metrics(shop.pk).count() >= MOST_METRICS:
        raise errors.Conflict(
            _("A shop has at most %(most)s metrics of its own; archive one.") % {"most": MOST_METRICS}
        )
    checked_terms(terms)
    own = OwnMetric(
        shop=shop,
        name=_name(name),
        event_type=terms.event_type,
        aggregation=terms.aggregation,
        expression=str(parsed(terms.expression, ITEMS)) if terms.expression.strip() else "",
        window_days=terms.window_days,
        delay_hours=terms.delay_hours,
        cap=terms.cap,
        higher_is_better=terms.higher_is_better,
        guard_limit=_limit(guard_limit),
        created_by=by,
    )
    _store(own)
    record_audit(shop=shop, actor=by, label=label, action="metric.created", subject=own.name, expression=own.expression)
    return own


@transaction.atomic
def change_metric(
    *, shop: Shop, own_id: int, name: str, guard_limit: float | None, by: User | None, label: str = ""
) -> OwnMetric:
    """Its name, and whether and how it guards; what it counts stays. Raises as `create_metric`, and `NotFound`."""
    own = own_metric(shop, own_id)
    before = {"name": own.name, "guard_limit": own.guard_limit}
    own.name, own.guard_limit = _name(name), _limit(guard_limit)
    changes = differences(before, {"name": own.name, "guard_limit": own.guard_limit})
    if changes:
        _store(own)
        record_audit(shop=shop, actor=by, label=label, action="metric.changed", subject=own.name, changes=changes)
    return own


@transaction.atomic
def archive_metric(*, shop: Shop, own_id: int, by: User | None, label: str = "") -> None:
    """Offer it to no new experiment. One that it decides goes on counting it; results that have it keep it."""
    own = own_metric(shop, own_id)
    own.archived_at = clock.now()
    own.save(update_fields=["archived_at"])
    record_audit(shop=shop, actor=by, label=label, action="metric.archived", subject=own.name)


def _store(own: OwnMetric) -> None:
    try:
        with transaction.atomic():
            own.save()
    except IntegrityError:
        message = _("There is a metric “%(name)s” already.") % {"name": own.name}
        raise errors.Conflict(message, fields={"name": message}) from None


def _name(text: str) -> str:
    try:
        return checked_name("name", " ".join(text.split()), NAME_MAX_LENGTH)
    except Rejection as reason:
        words = _(reason.words) % reason.values
        raise errors.Invalid(words, fields={"name": words}) from None


def _limit(limit: float | None) -> float | None:
    if limit is not None and not 0 < limit <= 1:
        message = _("Enter a limit from 1% to 100%.")
        raise errors.Invalid(message, fields={"guard_limit": message})
    return limit


def _problems(terms: MetricTerms) -> list[tuple[str, str]]:
    types = _("Choose one of: %(metrics)s.") % {"metrics": ", ".join(COUNTED_TYPES)}
    ways = _("Choose one of: %(metrics)s.") % {"metrics": ", ".join(OwnMetric.Aggregation.values)}
    days = _("Enter a number of days from 1 to 60.")
    hours = _("Enter a number of hours from 0 to %(most)s.") % {"most": MOST_DELAY_HOURS}
    return [
        ("event_type", "" if terms.event_type in COUNTED_TYPES else types),
        ("aggregation", "" if terms.aggregation in OwnMetric.Aggregation.values else ways),
        ("expression", _expression_problem(terms.expression)),
        ("window_days", "" if terms.window_days is None or 1 <= terms.window_days <= MOST_WINDOW_DAYS else days),
        ("delay_hours", "" if 0 <= terms.delay_hours <= MOST_DELAY_HOURS else hours),
        ("cap", _cap_problem(terms)),
    ]


def _expression_problem(source: str) -> str:
    if not source.strip():
        return ""
    try:
        parsed(source, ITEMS)
    except ExpressionError as problem:
        return str(problem)
    return ""


def _cap_problem(terms: MetricTerms) -> str:
    if terms.cap is None:
        return ""
    if terms.aggregation == OwnMetric.Aggregation.ANY:
        return _("What happened or not is counted once a visitor; it needs no limit.")
    return "" if math.isfinite(terms.cap) and terms.cap > 0 else _("Enter a number above 0.")
