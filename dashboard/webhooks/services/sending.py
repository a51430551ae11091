"""Sending: the messages of an endpoint one after the other, by one worker at a time, until one fails.

At least once: a worker that is lost after the receiver has answered leaves a message that is sent again, under the same
id. Backing off is the endpoint's affair: while it fails, nothing overtakes what waits.
"""

import random
from datetime import timedelta
from time import monotonic
from typing import Any

import orjson
from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _

from dashboard.audiences.selectors import changes_between, told_audiences
from dashboard.core import clock, errors
from dashboard.core.fetching import Limits
from dashboard.core.posting import Posted, post
from dashboard.webhooks.models import ANSWER_MAX_LENGTH, Delivery, Endpoint
from dashboard.webhooks.services.messages import hand_out
from dashboard.webhooks.signing import signed_headers

ANSWER_SECONDS = 10.0
TURN_SECONDS = 30.0  # then another endpoint may have the worker's thread
LEASE = timedelta(minutes=1)  # renewed with each message
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 3600, 7200, 14_400))
JITTER = 0.1
PAUSED_AFTER = timedelta(days=3)  # of nothing but failures
REFUSALS = 5  # of one message by a receiver that answers: it is wrong for good, and others wait behind it
_WRONG = frozenset({400, 413, 415, 422})
_GONE = 410
State = Delivery.State


def send_waiting(*, endpoint_id: int) -> None:
    """Send what waits for an endpoint, unless another worker does, it is paused, or its time has not come."""
    if not _lease(endpoint_id):
        return
    until = monotonic() + TURN_SECONDS
    try:
        while (endpoint := Endpoint.objects.select_related("shop").filter(pk=endpoint_id, paused_by="").first()) and (
            delivery := _next(endpoint)
        ):
            if not _send(endpoint, delivery):
                return
            if monotonic() > until:
                hand_out(endpoint)
                return
            Endpoint.objects.filter(pk=endpoint_id).update(lease_until=clock.now() + LEASE)
    finally:
        Endpoint.objects.filter(pk=endpoint_id).update(lease_until=None)


def body_of(delivery: Delivery) -> bytes | None:
    """What a message says now; None where nothing of it may be told any more."""
    said: dict[str, Any] = {"id": delivery.message_id, "type": "test", "created_at": delivery.created_at}
    said["shop"] = delivery.shop.slug
    if delivery.audience is not None:
        told = told_audiences(delivery.shop, [delivery.audience.pk])
        changes = [
            change
            for change in changes_between(delivery.audience.pk, delivery.first_change, delivery.last_change)
            if not change.has_entered or told.get(delivery.audience.pk) != "left"
        ]
        if not changes:
            return None
        said["type"] = "audience.changed"
        said["audience"] = {"id": delivery.audience.pk, "name": delivery.audience.name}
        said["changes"] = [
            {
                "id": change.pk,
                "visitor_id": change.visitor_id,
                "change": "entered" if change.has_entered else "left",
                "cause": change.cause,
                "at": change.at,
            }
            for change in changes
        ]
    return orjson.dumps(said)


def _lease(endpoint_id: int) -> bool:
    now = clock.now()
    free = Endpoint.objects.filter(pk=endpoint_id, paused_by="", due_at__lte=now).exclude(lease_until__gt=now)
    return bool(free.update(lease_until=now + LEASE))


def _next(endpoint: Endpoint) -> Delivery | None:
    """The oldest that may be told now: one of an audience that has become too small waits, others pass it."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=State.WAITING).select_related("audience", "shop")
    audiences = waiting.exclude(audience=None).order_by("audience").values_list("audience", flat=True).distinct()
    told = told_audiences(endpoint.shop, audiences)
    return waiting.filter(Q(audience=None) | Q(audience__in=list(told))).order_by("pk").first()


def _send(endpoint: Endpoint, delivery: Delivery) -> bool:
    """Whether the next may follow."""
    body = body_of(delivery)
    if body is None:
        Delivery.objects.filter(pk=delivery.pk).update(state=State.WITHDRAWN)
        return True
    now = clock.now()
    salts = [endpoint.salt]
    if endpoint.earlier_until is not None and endpoint.earlier_until > now:
        salts.append(endpoint.earlier_salt)
    headers = signed_headers(salts, delivery.message_id, int(now.timestamp()), body)
    limits = Limits(0, ANSWER_SECONDS, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE_HOSTS)
    try:
        posted = post(endpoint.url, body, headers, limits=limits)
    except errors.Invalid as problem:
        return _failed(endpoint, delivery, None, problem.message)
    if posted.is_taken:
        return _taken(endpoint, delivery, posted)
    return _failed(endpoint, delivery, posted, _("It answered with %(status)s.") % {"status": posted.status})


def _taken(endpoint: Endpoint, delivery: Delivery, posted: Posted) -> bool:
    _note_try(delivery, posted, State.DELIVERED)
    Endpoint.objects.filter(pk=endpoint.pk).update(failures=0, failing_since=None, problem="", due_at=clock.now())
    return True


def _failed(endpoint: Endpoint, delivery: Delivery, posted: Posted | None, problem: str) -> bool:
    """Whether the receiver is well and only this message is wrong, so that the next may follow."""
    now, status = clock.now(), posted.status if posted else None
    refusals = delivery.refusals + (status in _WRONG)
    is_refused = refusals >= REFUSALS
    _note_try(delivery, posted, State.REFUSED if is_refused else State.WAITING, refusals=refusals)
    since = endpoint.failing_since or now
    delay = DELAYS[min(endpoint.failures, len(DELAYS) - 1)] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    state: dict[str, Any] = {"problem": problem[:ANSWER_MAX_LENGTH], "failing_since": since}
    if is_refused:
        state |= {"failures": 0, "failing_since": None}
    else:
        state |= {"failures": F("failures") + 1, "due_at": now + delay}
    if status == _GONE:
        state["paused_by"] = Endpoint.PausedBy.GONE
    elif now - since >= PAUSED_AFTER:
        state["paused_by"] = Endpoint.PausedBy.FAILURES
    Endpoint.objects.filter(pk=endpoint.pk).update(**state)
    return is_refused


def _note_try(delivery: Delivery, posted: Posted | None, state: str, **columns: int) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state,
        attempts=F("attempts") + 1,
        status=posted.status if posted else None,
        answer=posted.excerpt[:ANSWER_MAX_LENGTH] if posted else "",
        seconds=posted.seconds if posted else None,
        tried_at=clock.now(),
        **columns,
    )
