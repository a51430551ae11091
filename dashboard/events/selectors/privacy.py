"""How a shop keeps its visitors' privacy, and who was erased from the tables and not yet from every file."""

from dashboard.accounts.models import Shop
from dashboard.events.models import ErasedVisitor, Privacy, VisitorAlias


def erased_visitors(shop: Shop) -> dict[int, str]:
    """{key: visitor id} of those whom files of artifacts may still hold; an id may come twice."""
    return dict(ErasedVisitor.objects.filter(shop=shop).order_by("pk").values_list("pk", "visitor_id"))


def privacy_of(shop_id: int) -> Privacy:
    """What the shop decided, or the defaults."""
    return Privacy.objects.filter(shop_id=shop_id).first() or Privacy(shop_id=shop_id)


def earlier_ids(shop: Shop, visitor_id: str) -> list[str]:
    """What was merged into this visitor: what is older may call it so."""
    return list(VisitorAlias.objects.filter(shop=shop, known_as=visitor_id).values_list("visitor_id", flat=True))
