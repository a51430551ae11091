"""A shop's own metrics, and every metric that its experiments may speak of."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.experiments.metric_models import OwnMetric
from dashboard.experiments.metrics import DECIDING, GUARDRAILS, METRICS, Guardrail, Metric
from dashboard.experiments.models import Experiment
from dashboard.experiments.own_metrics import (
    Definition,
    definition_of,
    guardrail_of,
    id_of,
    metric_of,
)


def own_metrics(shop_id: int) -> QuerySet[OwnMetric]:
    """Those that are not archived, by name."""
    return OwnMetric.objects.filter(shop_id=shop_id, archived_at=None).order_by("name", "pk")


def own_metric(shop: Shop, own_id: int) -> OwnMetric:
    """Raises `NotFound`, for another shop's and for one that is archived too."""
    found = own_metrics(shop.pk).filter(pk=own_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such metric in this shop."))
    return found


def deciding_metrics(shop: Shop) -> dict[str, Metric]:
    """{key: metric} of all that may decide an experiment of the shop."""
    return {**DECIDING, **_told(own_metrics(shop.pk))}


def deciding_metric(shop: Shop, key: str) -> Metric:
    """Raises `Invalid` with the field's name for one that there is not."""
    if key in DECIDING:
        return DECIDING[key]
    found = _told(own_metrics(shop.pk).filter(pk=id_of(key) or 0))
    if key not in found:
        raise errors.Invalid(_("Some fields need another value."), fields={"primary_metric": unknown_metric(shop)})
    return found[key]


def unknown_metric(shop: Shop) -> str:
    """What to say of a key that names none."""
    return _("Choose one of: %(metrics)s.") % {"metrics": ", ".join(deciding_metrics(shop))}


def metrics_of_shop(shop_id: int) -> dict[str, Metric]:
    """All that any of its experiments was ever decided by or told of: archived ones too."""
    return {**METRICS, **_told(OwnMetric.objects.filter(shop_id=shop_id).order_by("name", "pk"))}


def told_in(experiment: Experiment, counted: Collection[str]) -> list[Metric]:
    """What decides it first; then what every shop has; then those of the shop's own that were `counted` and guard
    nothing."""
    known, guards = metrics_of_shop(experiment.shop_id), _guardrails(experiment.shop_id)
    decides = known.pop(experiment.primary_metric)
    others = [metric for key, metric in known.items() if key in METRICS or (key in counted and key not in guards)]
    return [decides, *others]


def guarding(experiment: Experiment, counted: Collection[str]) -> list[Guardrail]:
    """What guards it, beside what decides it; of the shop's own what was `counted`."""
    decides = experiment.primary_metric
    own = [guard for key, guard in _guardrails(experiment.shop_id).items() if key != decides and key in counted]
    return [*(guard for guard in GUARDRAILS.values() if guard.stands_beside(decides)), *own]


def _guardrails(shop_id: int) -> dict[str, Guardrail]:
    """Archived ones too: they guarded what is over."""
    limited = OwnMetric.objects.filter(shop_id=shop_id, guard_limit__isnull=False).order_by("name", "pk")
    return {guard.key: guard for guard in map(guardrail_of, limited)}


def counted_in(experiment: Experiment) -> list[Definition]:
    """Which of the shop's own metrics a refresh of the experiment counts: all that are offered, and what decides it."""
    decides = Q(pk=id_of(experiment.primary_metric) or 0)
    found = OwnMetric.objects.filter(Q(archived_at=None) | decides, shop_id=experiment.shop_id)
    return [definition_of(own) for own in found.order_by("pk")]


def definitions_by_shop() -> dict[int, list[Definition]]:
    """Of every shop's own metrics, archived ones too; for a job of the operator."""
    found: dict[int, list[Definition]] = defaultdict(list)
    for own in OwnMetric.objects.all():
        found[own.shop_id].append(definition_of(own))
    return found


def _told(found: Iterable[OwnMetric]) -> dict[str, Metric]:
    return {metric.key: metric for metric in map(metric_of, found)}


def own_definition(shop_id: int, key: str) -> Definition | None:
    """What one of the shop's own metrics counts; None for a metric that every shop has."""
    found = OwnMetric.objects.filter(shop_id=shop_id, pk=id_of(key) or 0).first()
    return definition_of(found) if found else None
