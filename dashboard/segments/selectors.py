"""Reads: the segments that a shop shows, who belongs to them, and where visitors stand on the map."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core.keyset import no_cursor
from dashboard.events.selectors import privacy_of
from dashboard.segments.changes import Change, told
from dashboard.segments.models import FormerMember, Segment, SegmentChange, SegmentMembership, SegmentName, SegmentSet

_NO_ARTIFACT = 0


@dataclass(frozen=True)
class PublishedSegment:
    """A segment as it is shown, under the merchant's name if any. `share_change` is against the artifact before."""

    number: int
    name: str
    suggested_name: str
    share: float
    share_change: float | None
    visitors: int
    center: tuple[float, float]
    covariance: tuple[tuple[float, float], tuple[float, float]]
    top_items: list[dict[str, Any]]
    top_categories: list[dict[str, Any]]
    facts: dict[str, Any]


@dataclass(frozen=True)
class VisitorMembership:
    """Where a visitor stands: the likeliest segment, all above 1 % as {number: probability}, the place on the map."""

    visitor_id: str
    number: int
    probability: float
    probabilities: dict[int, float]
    x: float
    y: float


@dataclass(frozen=True)
class MembersPage:
    """Members of a segment, surest first. `next_cursor` is empty at the end."""

    members: list[VisitorMembership] = field(default_factory=list)
    next_cursor: str = ""


def shown_artifact_id(shop: Shop) -> int | None:
    """The artifact whose segments the shop shows; None before the first is published."""
    return SegmentSet.objects.filter(shop=shop).values_list("artifact_id", flat=True).first()


def active_segments(shop: Shop) -> list[PublishedSegment]:
    """Every segment that the shop shows, by number: none of fewer visitors than its privacy lets be told."""
    current = SegmentSet.objects.filter(shop=shop).first()
    if current is None:
        return []
    names = dict(SegmentName.objects.filter(shop=shop).values_list("number", "name"))
    changes = SegmentChange.objects.filter(shop=shop, artifact_id=current.artifact_id)
    previous = changes.values_list("before_artifact_id", flat=True).first() or _NO_ARTIFACT
    before = dict(Segment.objects.filter(shop=shop, artifact_id=previous).values_list("number", "share"))
    privacy = privacy_of(shop.pk)
    rows = Segment.objects.filter(
        shop=shop, artifact_id=current.artifact_id, visitors__gte=privacy.smallest_group
    ).order_by("number")
    return [_published(row, names, before, privacy.barred_names) for row in rows]


def shown_numbers(shop: Shop, artifact_id: int) -> set[int]:
    """The segments of an artifact that may be told of."""
    smallest = privacy_of(shop.pk).smallest_group
    rows = Segment.objects.filter(shop=shop, artifact_id=artifact_id, visitors__gte=smallest)
    return set(rows.values_list("number", flat=True))


def is_compared(shop: Shop) -> bool:
    """Whether a model was shown before: of the first one no segment is new, grown or shrunk."""
    shown = SegmentChange.objects.filter(shop=shop, artifact_id=shown_artifact_id(shop) or _NO_ARTIFACT)
    return shown.filter(before_artifact_id__isnull=False).exists()


def segment_changes(shop: Shop) -> list[Change]:
    """What the shown artifact changed against the one before it: segments that are new, split, merged and gone."""
    change = SegmentChange.objects.filter(shop=shop, artifact_id=shown_artifact_id(shop) or _NO_ARTIFACT).first()
    if change is None or change.before_artifact_id is None:
        return []
    given, privacy = dict(SegmentName.objects.filter(shop=shop).values_list("number", "name")), privacy_of(shop.pk)
    large = Segment.objects.filter(shop=shop, visitors__gte=privacy.smallest_group)
    before, now = (
        {
            number: given.get(number) or told_name(number, suggested, privacy.barred_names)
            for number, suggested in large.filter(artifact_id=artifact_id).values_list("number", "suggested_name")
        }
        for artifact_id in (change.before_artifact_id, change.artifact_id)
    )
    found = told([move for move in change.moves if move[2] >= privacy.smallest_group], before, now)
    return [each for each in found if each.visitors or each.kind == "new"]


def moves_between(shop: Shop, since: datetime, until: datetime) -> dict[int, tuple[int, int]]:
    """{segment: (visitors that came from others, that went to others)} by the artifacts first shown in a period."""
    found: dict[int, tuple[int, int]] = {}
    changes = SegmentChange.objects.filter(shop=shop, first_shown_at__gte=since, first_shown_at__lt=until)
    for moves in changes.values_list("moves", flat=True):
        for source, target, visitors in moves:
            if source != target:
                entered, left = found.get(target, (0, 0))
                found[target] = (entered + visitors, left)
                entered, left = found.get(source, (0, 0))
                found[source] = (entered, left + visitors)
    return found


def segment(shop: Shop, number: int) -> PublishedSegment | None:
    return next((entry for entry in active_segments(shop) if entry.number == number), None)


def visitor_memberships(shop: Shop, visitor_id: str) -> VisitorMembership | None:
    """None for a visitor that the published artifact does not know yet, or whose segment has too few to be told of."""
    artifact_id = shown_artifact_id(shop) or _NO_ARTIFACT
    row = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id, visitor_id=visitor_id).first()
    shown = shown_numbers(shop, artifact_id) if row else set()
    return None if row is None or row.number not in shown else _membership(row, shown)


def kept_memberships(shop: Shop, visitor_id: str) -> list[dict[str, Any]]:
    """All memberships that are kept of a visitor, of the published artifact and of those before it."""
    fields = ("artifact_id", "number", "probability", "probabilities")
    rows = SegmentMembership.objects.filter(shop=shop, visitor_id=visitor_id).order_by("artifact_id")
    former = FormerMember.objects.filter(shop=shop, visitor_id=visitor_id).order_by("number")
    return [*rows.values(*fields), *former.values("number")]


def visitors_with_membership(shop: Shop, visitor_ids: Collection[str]) -> frozenset[str]:
    """Those of `visitor_ids` whom the published artifact knows."""
    artifact_id = shown_artifact_id(shop) or _NO_ARTIFACT
    rows = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id, visitor_id__in=visitor_ids)
    return frozenset(rows.values_list("visitor_id", flat=True))


def segment_members(shop: Shop, number: int, *, cursor: str = "", limit: int = 50) -> MembersPage:
    """Visitors whose likeliest segment is `number`; nobody where it has too few to be told of. `cursor`: `next_cursor`
    of the page before. Raises `Invalid` for one that no member has."""
    artifact_id = shown_artifact_id(shop) or _NO_ARTIFACT
    shown = shown_numbers(shop, artifact_id)
    rows = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id, number=number, number__in=shown)
    found = list(rows.filter(_after(cursor)).order_by("-probability", "visitor_id")[: limit + 1])
    page = found[:limit]
    members = [_membership(row, shown) for row in page]
    return MembersPage(members, cursor_of(members[-1]) if len(found) > limit else "")


def cursor_of(member: VisitorMembership) -> str:
    """Where the members after this one begin."""
    return f"{member.probability!r}:{member.visitor_id}"


def _after(cursor: str) -> Q:
    if not cursor:
        return Q()
    written, _colon, visitor_id = cursor.partition(":")
    try:
        probability = float(written)
    except ValueError:
        raise no_cursor("cursor") from None
    if not 0 <= probability <= 1 or not visitor_id:  # NaN is greater than all in PostgreSQL: the list would restart
        raise no_cursor("cursor")
    return Q(probability__lt=probability) | Q(probability=probability, visitor_id__gt=visitor_id)


def told_name(number: int, suggested: str, barred: Collection[str]) -> str:
    """The suggested name without the parts that hold a word which the shop has barred from names."""
    words = [word.casefold() for word in barred]
    parts = [part for part in suggested.split(", ") if not any(word in part.casefold() for word in words)]
    return ", ".join(parts) or _("Segment %(number)s") % {"number": number}


def _published(
    row: Segment, names: dict[int, str], before: dict[int, float], barred: Collection[str]
) -> PublishedSegment:
    change = row.share - before[row.number] if row.number in before else None
    (xx, xy), (yx, yy) = row.covariance
    suggested = told_name(row.number, row.suggested_name, barred)
    return PublishedSegment(
        number=row.number,
        name=names.get(row.number, suggested),
        suggested_name=suggested,
        share=row.share,
        share_change=change,
        visitors=row.visitors,
        center=(row.center[0], row.center[1]),
        covariance=((xx, xy), (yx, yy)),
        top_items=row.top_items,
        top_categories=row.top_categories,
        facts=row.facts,
    )


def _membership(row: SegmentMembership, shown: Collection[int]) -> VisitorMembership:
    probabilities = {int(number): p for number, p in row.probabilities.items() if int(number) in shown}
    return VisitorMembership(row.visitor_id, row.number, row.probability, probabilities, row.x, row.y)
