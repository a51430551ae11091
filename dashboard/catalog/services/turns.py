"""Whose import is next: shops take turns, so that nobody waits for all that a neighbour has sent.

A shop has one import at a time, and of the shops that wait the one goes first whose last import ended longest ago. Some
imports take minutes, and an address may keep one waiting for a quarter of an hour: small files, whose size tells that
they cannot, have turns of their own, and so have addresses.
"""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Length

from dashboard.catalog.models import FeedImport, FeedPart
from dashboard.core import clock
from dashboard.core.jobs import enqueue
from dashboard.core.tenancy import operator_scope
from dashboard.core.turns import decide_alone, in_turn

#: How many of each lane run at once, of all shops together; workers of the queue need as many threads, and some more.
TURNS = {"small": 1, "large": 2, "address": 2}
SMALL_BYTES = 256 * 1024
# A worker that says nothing for so long is lost: it keeps no other import of its shop waiting.
SILENT_AFTER = timedelta(minutes=2)
_LOCK = 0x666565645F696D70  # "feed_imp": one worker at a time decides
_UNPACKS = r"\.(gz|parquet)$"
State = FeedImport.State


@operator_scope("shops take turns")
@transaction.atomic
def take_turn() -> FeedImport | None:
    """The import that is next, now running; None where nothing waits that has a turn."""
    decide_alone(_LOCK)
    running = FeedImport.objects.filter(state=State.RUNNING, beat_at__gte=clock.now() - SILENT_AFTER)
    taken = Counter(_with_lanes(running).values_list("lane", flat=True))
    full = [lane for lane, turns in TURNS.items() if taken[lane] >= turns]
    waiting = in_turn(FeedImport.objects.filter(state=State.WAITING).exclude(shop__in=running.values("shop")))
    first: FeedImport | None = _with_lanes(waiting).exclude(lane__in=full).first()
    if first is None:
        return None
    FeedImport.objects.filter(pk=first.pk).update(
        state=State.RUNNING, beat_at=clock.now(), attempt=F("attempt") + 1, rows=0, reason=""
    )
    return FeedImport.objects.select_related("shop", "source", "requested_by").get(pk=first.pk)


@operator_scope("shops take turns")
def pass_turn() -> None:
    """Tell a worker that a turn is free, where somebody waits for one."""
    first = in_turn(FeedImport.objects.filter(state=State.WAITING)).first()
    if first is not None:
        enqueue("catalog.import_feed", import_id=first.pk)


def _with_lanes(imports: QuerySet[FeedImport]) -> QuerySet[Any]:
    """With `lane`: what unpacks may be of any size, however small it lies there."""
    parts = FeedPart.objects.filter(feed_import=OuterRef("pk"))
    more = parts.annotate(bytes=Length("content")).filter(Q(number__gt=0) | Q(bytes__gt=SMALL_BYTES))
    return imports.annotate(
        lane=Case(
            When(source__isnull=False, then=Value("address")),
            When(Exists(more) | Q(name__iregex=_UNPACKS), then=Value("large")),
            default=Value("small"),
            output_field=CharField(),
        )
    )
