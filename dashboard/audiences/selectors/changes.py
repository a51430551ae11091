"""Who entered and who left, as it was noted when audiences were followed."""

from collections.abc import Iterable
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.audiences.models import AudienceChange, Following
from dashboard.events.selectors import privacy_of


def changes_after(audience_id: int, change_id: int, *, limit: int) -> list[AudienceChange]:
    """The next changes of an audience, in their order."""
    return list(AudienceChange.objects.filter(audience_id=audience_id, pk__gt=change_id).order_by("pk")[:limit])


def changes_between(audience_id: int, first: int, last: int) -> list[AudienceChange]:
    """Those from `first` to `last` that are still kept: who was erased is not among them."""
    return list(AudienceChange.objects.filter(audience_id=audience_id, pk__gte=first, pk__lte=last).order_by("pk"))


def last_change_id(audience_id: int) -> int:
    """0 where there is none."""
    return (
        AudienceChange.objects.filter(audience_id=audience_id).order_by("-pk").values_list("pk", flat=True).first() or 0
    )


def changes_of_visitor(shop: Shop, visitor_id: str) -> list[dict[str, Any]]:
    """What is kept of the audiences that a visitor entered and left."""
    rows = AudienceChange.objects.filter(shop=shop, visitor_id=visitor_id).order_by("pk")
    return [
        {"audience": name, "change": "entered" if has_entered else "left", "cause": cause, "at": at}
        for name, has_entered, cause, at in rows.values_list("audience__name", "has_entered", "cause", "at")
    ]


def told_audiences(shop: Shop, audience_ids: Iterable[int]) -> dict[int, str]:
    """What may be told of single visitors of these audiences now: "all", or "left" where the audience asks for what the
    shop has barred. Those of too few visitors, and those that are not followed yet, are missing."""
    smallest = privacy_of(shop.pk).smallest_group
    rows = Following.objects.filter(shop=shop, audience_id__in=audience_ids, is_hidden=False)
    return {row.audience_id: "left" if row.is_barred else "all" for row in rows if not 0 < row.visitors < smallest}
