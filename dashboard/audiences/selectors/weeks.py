"""What weeks changed of groups, as it was summed."""

from datetime import date

from dashboard.accounts.models import Shop
from dashboard.audiences.models import GroupWeek


def latest_weeks(shop: Shop) -> list[date]:
    """Mondays of the weeks that are known, the newest first."""
    rows = GroupWeek.objects.filter(shop=shop).order_by("-week").values_list("week", flat=True)
    return list(rows.distinct())


def weeks_of(shop: Shop, week: date) -> list[GroupWeek]:
    """A row for each group."""
    return list(GroupWeek.objects.filter(shop=shop, week=week))
