"""Forgetting a visitor."""

from dashboard.accounts.models import Shop
from dashboard.experiments.models import Assignment


def forget_visitor(*, shop: Shop, visitor_id: str) -> int:
    """Erase which variants a visitor was assigned to. Returns how many; daily sums stay, they name nobody."""
    return Assignment.objects.filter(experiment__shop=shop, visitor_id=visitor_id).delete()[0]
