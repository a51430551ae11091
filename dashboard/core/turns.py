"""Jobs of shops take turns: of those that wait, the shop goes first whose last job ended longest ago.

For tables of jobs with `shop`, `created_at` and `ended_at`.
"""

from typing import Any

from django.db import connection
from django.db.models import F, Max, OuterRef, QuerySet, Subquery


def decide_alone(lock: int) -> None:
    """Until this transaction ends no other worker decides under the same number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def in_turn(waiting: QuerySet[Any]) -> QuerySet[Any]:
    """The jobs that wait, the next one first."""
    jobs = waiting.model._default_manager
    ended = jobs.filter(shop=OuterRef("shop"), ended_at__isnull=False).order_by()
    last = ended.values("shop").annotate(last=Max("ended_at")).values("last")
    return waiting.annotate(last_turn=Subquery(last)).order_by(F("last_turn").asc(nulls_first=True), "created_at", "pk")
