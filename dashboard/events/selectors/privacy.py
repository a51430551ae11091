"""Who was erased from the tables and not yet from every file."""

from dashboard.accounts.models import Shop
from dashboard.events.models import ErasedVisitor


def erased_visitors(shop: Shop) -> dict[int, str]:
    """{key: visitor id} of those whom files of artifacts may still hold; an id may come twice."""
    return dict(ErasedVisitor.objects.filter(shop=shop).order_by("pk").values_list("pk", "visitor_id"))
