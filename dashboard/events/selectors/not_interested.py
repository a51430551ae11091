"""For how long a shop heeds that a visitor is not interested."""

from dashboard.core.versioned import Versioned
from dashboard.events.models import NotInterestedPeriod

kept_periods: Versioned[int] = Versioned("not-interested")


def not_interested_days(shop_id: int) -> int:
    """Asked at every slate: from the memory of the process, a second old at most."""
    return kept_periods.get(shop_id, "", lambda: _load(shop_id))


def _load(shop_id: int) -> int:
    days = NotInterestedPeriod.objects.filter(shop_id=shop_id).values_list("days", flat=True).first()
    return NotInterestedPeriod.DAYS if days is None else days
