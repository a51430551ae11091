"""Reads: endpoints of a shop and the log of their messages."""

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.core.tenancy import operator_scope
from dashboard.webhooks.models import Delivery, Endpoint


def endpoints(shop: Shop) -> QuerySet[Endpoint]:
    """Oldest first, each with how many messages wait and were refused, and its audiences."""
    waiting = Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING))
    refused = Count("deliveries", filter=Q(deliveries__state=Delivery.State.REFUSED))
    rows = Endpoint.objects.filter(shop=shop).annotate(waiting=waiting, refused=refused)
    return rows.prefetch_related("subscriptions__audience").order_by("pk")


def endpoint_of(shop: Shop, endpoint_id: int) -> Endpoint:
    """Raises `NotFound`, for another shop's too."""
    found = endpoints(shop).filter(pk=endpoint_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such webhook in this shop."))
    return found


def audience_names(endpoint: Endpoint) -> list[str]:
    """Of the audiences that it is told of."""
    return sorted(row.audience.name for row in endpoint.subscriptions.all())


def deliveries(endpoint: Endpoint, *, before: int | None = None) -> QuerySet[Delivery]:
    """Newest first; `before`: only those older than this one."""
    rows = Delivery.objects.filter(endpoint=endpoint).select_related("audience").order_by("-pk")
    return rows if before is None else rows.filter(pk__lt=before)


def failing_endpoints(shop: Shop) -> list[Endpoint]:
    """Those that were paused because they failed, and those that have failed more than a few times."""
    failing = Q(failures__gte=3) | Q(paused_by__in=(Endpoint.PausedBy.FAILURES, Endpoint.PausedBy.GONE))
    return list(Endpoint.objects.filter(failing, shop=shop).exclude(paused_by=Endpoint.PausedBy.PERSON).order_by("pk"))


@operator_scope("which shops have webhooks")
def shops_with_endpoints() -> set[int]:
    """Their keys."""
    return set(Endpoint.objects.values_list("shop_id", flat=True))
