"""Messages: made of changes of audiences, told again on a wish, and forgotten."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.audiences.selectors import changes_after
from dashboard.core import clock, errors, ids
from dashboard.core.fetching import shown_address
from dashboard.core.jobs import enqueue
from dashboard.webhooks.models import Delivery, Endpoint, Subscription

CHANGES_A_MESSAGE = 100  # 20 kB at most, of ids of the usual length
MESSAGES_AT_ONCE = 500  # of a subscription: the rest follows with the next sweep
LOG_KEPT = timedelta(days=30)
State = Delivery.State


def sweep_webhooks(*, shop: Shop) -> None:
    """Put new changes into messages, hand out endpoints that have some to send, forget old ones. Safe to run twice."""
    now = clock.now()
    for subscription in Subscription.objects.filter(shop=shop).order_by("pk"):
        prepare_messages(subscription_id=subscription.pk)
    Delivery.objects.filter(shop=shop, created_at__lt=now - LOG_KEPT).delete()
    ready = Endpoint.objects.filter(shop=shop, paused_by="", due_at__lte=now).exclude(lease_until__gt=now)
    for endpoint in ready.filter(deliveries__state=State.WAITING).distinct():
        hand_out(endpoint)


@transaction.atomic
def prepare_messages(*, subscription_id: int) -> None:
    """Every change of the audience since the last time goes into exactly one message to the endpoint."""
    found = Subscription.objects.select_for_update(skip_locked=True).filter(pk=subscription_id).first()
    if found is None:
        return
    for _message in range(MESSAGES_AT_ONCE):
        changes = changes_after(found.audience_id, found.last_change_id, limit=CHANGES_A_MESSAGE)
        if not changes:
            break
        found.last_change_id = changes[-1].pk
        _write(found.endpoint, found.audience_id, changes[0].pk, changes[-1].pk, len(changes))
    found.save(update_fields=["last_change_id"])


@transaction.atomic
def send_test(*, endpoint: Endpoint, by: User | None, label: str = "") -> Delivery:
    """Send a message that tells nothing, to see whether it arrives."""
    made = _write(endpoint, None, 0, 0, 0)
    _note(endpoint, by, label, "webhook.tested")
    hand_out(endpoint)
    return made


@transaction.atomic
def replay(
    *,
    endpoint: Endpoint,
    delivery_id: int | None = None,
    since: datetime | None = None,
    by: User | None,
    label: str = "",
) -> int:
    """Send again, under its old id: one message, all from a moment on, or (neither given) all that were refused.

    Returns how many. Raises `NotFound` for a message that is not there any more, `Conflict` for one that waits already.
    """
    log = Delivery.objects.filter(endpoint=endpoint)
    wanted = log.filter(state=State.REFUSED)
    if delivery_id is not None:
        wanted = log.filter(pk=delivery_id)
        if not wanted.exists():
            raise errors.NotFound(_("There is no such message in the log."))
    elif since is not None:
        wanted = log.filter(created_at__gte=since)
    again = wanted.exclude(state=State.WAITING).update(state=State.WAITING, attempts=0, refusals=0)
    if delivery_id is not None and not again:
        raise errors.Conflict(_("This message waits to be sent already."))
    if again:
        Endpoint.objects.filter(pk=endpoint.pk).update(due_at=clock.now())
        _note(endpoint, by, label, "webhook.replayed", rows=again)
        hand_out(endpoint)
    return again


def forget_visitor(*, shop: Shop, visitor_ids: list[str]) -> None:
    """What receivers answered may name a visitor; nothing else here does."""
    for visitor_id in visitor_ids:
        Delivery.objects.filter(shop=shop, answer__contains=visitor_id).update(answer="")


def hand_out(endpoint: Endpoint) -> None:
    enqueue("webhooks.send", shop_id=endpoint.shop_id, endpoint_id=endpoint.pk)


def oldest_waiting_at(endpoint: Endpoint) -> datetime | None:
    """When the message was made that has waited longest."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=State.WAITING)
    return waiting.aggregate(oldest=Min("created_at"))["oldest"]


def _write(endpoint: Endpoint, audience_id: int | None, first: int, last: int, changes: int) -> Delivery:
    return Delivery.objects.create(
        shop_id=endpoint.shop_id,
        endpoint=endpoint,
        audience_id=audience_id,
        message_id=f"msg_{ids.time_ordered_hex()}",
        first_change=first,
        last_change=last,
        changes=changes,
        created_at=clock.now(),
    )


def _note(endpoint: Endpoint, by: User | None, label: str, action: str, **detail: int) -> None:
    subject = shown_address(endpoint.url)[:255]
    record_audit(shop=endpoint.shop, actor=by, label=label, action=action, subject=subject, **detail)
