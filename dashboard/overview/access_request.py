"""What a shop keeps of one visitor, whole: the answer to a request for access."""

from typing import Any

from dashboard.accounts.models import Shop
from dashboard.audiences.facts import visitor_facts
from dashboard.audiences.models import Visitor
from dashboard.audiences.selectors import changes_of_visitor, met_audiences
from dashboard.core import clock, errors
from dashboard.events.selectors import kept_behaviour
from dashboard.experiments.selectors import kept_assignments
from dashboard.segments.selectors import kept_memberships

_FIGURES = ("first_seen_at", "last_seen_at", "last_purchase_at", "visits", "interactions", "purchases", "spent")


def visitor_export(shop: Shop, visitor_id: str) -> dict[str, Any]:
    """Every row, of every room. Raises `NotFound` for a visitor of whom nothing is kept."""
    known = Visitor.objects.filter(shop=shop, visitor_id=visitor_id).first()
    kept: dict[str, Any] = {
        **kept_behaviour(shop.pk, visitor_id),
        "segments": kept_memberships(shop, visitor_id),
        "assignments": kept_assignments(shop, visitor_id),
        "attributes": known.attributes if known else {},
        "audience_changes": changes_of_visitor(shop, visitor_id),
        "figures": {name: getattr(known, name) for name in _FIGURES} if known else {},
    }
    if not any(kept.values()):
        raise errors.NotFound("There is no such visitor in this shop.")
    facts = visitor_facts(shop_id=shop.pk, currency=shop.currency, visitor_id=visitor_id, now=clock.now())
    names = [audience.name for audience in met_audiences(shop, facts)]
    return {"visitor_id": visitor_id, **kept, "audiences": names}
