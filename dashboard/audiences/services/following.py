"""Following audiences: who entered and who left since the last time, each change noted once.

Members, changes and how far it went are written by one transaction, alone of its shop; whoever forgets or joins a
visitor takes the same turn (`alone_with`), so that nobody comes back by a count that began before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from dashboard.accounts.models import Shop
from dashboard.audiences.conditions import fields_of, segment_numbers
from dashboard.audiences.models import AudienceChange, AudienceMember, Following, Visitor
from dashboard.audiences.selectors import CompiledAudience, audiences_of, ready_audiences
from dashboard.audiences.services.counting import LATE
from dashboard.audiences.visitor_sql import DAYS_COUNT_FROM, IS_PERSON, SOURCE
from dashboard.audiences.visitor_sql import condition as sql_condition
from dashboard.core import clock
from dashboard.core.each import each_on_its_own
from dashboard.core.expression_sql import Parameter
from dashboard.core.turns import decide_alone
from dashboard.events.selectors import privacy_of
from dashboard.segments.selectors import shown_artifact_id

CHANGES_KEPT = timedelta(days=35)
EVERY_DAY = timedelta(days=1)  # figures that were forgotten, bots: what no visitor's row tells
AS_DAYS_GO_BY = timedelta(hours=1)  # conditions such as days_since_last_visit > 60
MOVED_AT_MOST = 20_000  # of more the whole audience is looked at; a million visitors take about a second
_LOCK = 0x61756469 << 32  # "audi"
Cause = AudienceChange.Cause

_DIFFERENCE = f"""
    WITH holds AS MATERIALIZED (
        SELECT visitor.visitor_id FROM {SOURCE}
        WHERE visitor.shop_id = %(shop)s AND {IS_PERSON} AND {{holds}} AND {{of_visitors}}
    ), entered AS (
        INSERT INTO audiences_audiencemember (shop_id, audience_id, visitor_id, entered_at)
        SELECT %(shop)s, %(audience)s, visitor_id, %(now)s FROM holds
        WHERE NOT EXISTS (SELECT FROM audiences_audiencemember AS known
            WHERE known.audience_id = %(audience)s AND known.visitor_id = holds.visitor_id)
        RETURNING visitor_id
    ), gone AS (
        DELETE FROM audiences_audiencemember AS member
        WHERE member.audience_id = %(audience)s AND {{of_members}}
            AND NOT EXISTS (SELECT FROM holds WHERE holds.visitor_id = member.visitor_id)
        RETURNING visitor_id
    ), moved AS (
        SELECT visitor_id, TRUE AS has_entered FROM entered UNION ALL SELECT visitor_id, FALSE FROM gone
    ), told AS (
        INSERT INTO audiences_audiencechange (shop_id, audience_id, visitor_id, has_entered, cause, at)
        SELECT %(shop)s, %(audience)s, visitor_id, has_entered, %(cause)s, %(now)s FROM moved
        WHERE %(is_told)s ORDER BY visitor_id
    )
    SELECT count(*) FILTER (WHERE has_entered), count(*) FILTER (WHERE NOT has_entered) FROM moved
"""  # noqa: S608  words of visitor_sql


def follow_audiences(*, shop: Shop, now: datetime | None = None) -> int:
    """Note who entered and who left the audiences of a shop since the last time; returns how many did.

    Whom an audience holds when it is first followed, and who is in one of too few, is not told as a change.
    """
    now = now or clock.now()
    _forget_archived(shop)
    ready, audiences = ready_audiences(shop.pk), list(audiences_of(shop))
    moved = _moved(shop)
    return sum(each_on_its_own(audiences, lambda audience: _follow(shop, ready[audience.pk], moved, now)))


def forget_old_changes(*, shop: Shop, now: datetime | None = None) -> int:
    """Delete changes that nobody asks for any more. Returns how many."""
    old = AudienceChange.objects.filter(shop=shop, at__lt=(now or clock.now()) - CHANGES_KEPT)
    return old.delete()[0]


def alone_with(shop: Shop) -> None:
    """Until this transaction ends nobody follows audiences of the shop."""
    decide_alone(_LOCK + shop.pk)


def leave_all(*, shop: Shop, visitor_id: str, cause: str) -> None:
    """Take a visitor out of every audience, as a change that is told. Call it with `alone_with`."""
    now = clock.now()
    rows = AudienceMember.objects.filter(shop=shop, visitor_id=visitor_id, audience__following__is_hidden=False)
    changes = [
        AudienceChange(shop=shop, audience_id=number, visitor_id=visitor_id, has_entered=False, cause=cause, at=now)
        for number in rows.order_by("audience_id").values_list("audience_id", flat=True)
    ]
    AudienceChange.objects.bulk_create(changes)
    AudienceMember.objects.filter(shop=shop, visitor_id=visitor_id).delete()


@transaction.atomic
def _follow(shop: Shop, audience: CompiledAudience, moved: Sequence[str] | None, now: datetime) -> int:
    alone_with(shop)
    before = Following.objects.filter(audience_id=audience.id).first()
    artifact_id = shown_artifact_id(shop)
    cause = _why_whole(before, audience, artifact_id, now)
    visitors = None if cause else moved
    if visitors is not None and not visitors:
        Following.objects.filter(audience_id=audience.id).update(followed_at=now)
        return 0
    point = transaction.savepoint()
    entered, left = _write_difference(
        shop, audience, artifact_id, visitors, cause=cause or Cause.VISITOR, is_told=before is not None, now=now
    )
    found = AudienceMember.objects.filter(audience_id=audience.id).count()
    is_hidden = 0 < found < privacy_of(shop.pk).smallest_group
    if is_hidden:
        transaction.savepoint_rollback(point)
        entered = left = 0
    state = {
        "shop": shop,
        "revision": audience.revision,
        "artifact_id": artifact_id,
        "is_barred": bool(audience.condition.barred),
        "is_hidden": is_hidden,
        "visitors": found,
        "followed_at": now,
        **({"whole_at": now} if visitors is None else {}),
    }
    Following.objects.update_or_create(audience_id=audience.id, defaults=state)
    return entered + left if before else 0


def _why_whole(before: Following | None, audience: CompiledAudience, artifact_id: int | None, now: datetime) -> str:
    """The cause of changes where every visitor must be looked at; empty where those who moved are enough."""
    if before is None or before.revision != audience.revision or before.is_barred != bool(audience.condition.barred):
        return Cause.CONDITION
    expression = audience.condition.expression
    if before.artifact_id != artifact_id and segment_numbers(expression):
        return Cause.MODEL
    goes_by = any(field.name in DAYS_COUNT_FROM and not field.is_attribute for field in fields_of(expression))
    due = before.is_hidden or now - before.whole_at >= (AS_DAYS_GO_BY if goes_by else EVERY_DAY)
    return Cause.VISITOR if due else ""


def _write_difference(
    shop: Shop,
    audience: CompiledAudience,
    artifact_id: int | None,
    visitors: Sequence[str] | None,
    *,
    cause: str,
    is_told: bool,
    now: datetime,
) -> tuple[int, int]:
    """How many entered and how many left; `visitors` None: all are looked at."""
    holds, parameters = "FALSE", dict[str, Parameter]()
    if not audience.condition.barred:
        holds, parameters = sql_condition(audience.condition.expression, now=now).named("holds")
    whom = "TRUE" if visitors is None else "{table}.visitor_id = ANY(%(visitors)s)"
    query = _DIFFERENCE.format(
        holds=holds, of_visitors=whom.format(table="visitor"), of_members=whom.format(table="member")
    )
    given = {"shop": shop.pk, "audience": audience.id, "artifact": artifact_id, "cause": cause, "is_told": is_told}
    with connection.cursor() as cursor:
        cursor.execute(query, {**given, "now": now, "visitors": list(visitors or ()), **parameters})
        entered, left = cursor.fetchone()
    return int(entered), int(left)


def _moved(shop: Shop) -> list[str] | None:
    """Visitors whose rows changed since the audiences were followed, by an overlap for rows that were committed late;
    None: more than are worth looking at one by one."""
    oldest = Following.objects.filter(shop=shop).order_by("followed_at").first()
    if oldest is None:
        return None
    since = oldest.followed_at - LATE
    rows = Visitor.objects.filter(shop=shop).filter(Q(counted_until__gt=since) | Q(attributes_at__gt=since))
    found = list(rows.values_list("visitor_id", flat=True)[: MOVED_AT_MOST + 1])
    return found if len(found) <= MOVED_AT_MOST else None


def _forget_archived(shop: Shop) -> None:
    """Archived audiences are followed no more."""
    archived = Following.objects.filter(shop=shop, audience__archived_at__isnull=False)
    for number in archived.values_list("audience_id", flat=True):
        AudienceMember.objects.filter(audience_id=number).delete()
        Following.objects.filter(audience_id=number).delete()
