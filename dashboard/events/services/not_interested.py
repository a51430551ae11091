"""For how long it counts that a visitor is not interested."""

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import errors
from dashboard.events.models import NotInterestedPeriod
from dashboard.events.selectors.not_interested import kept_periods, not_interested_days

SHORTEST_DAYS, LONGEST_DAYS = 1, 365


@transaction.atomic
def change_not_interested(*, shop: Shop, days: int, actor: User | None = None) -> None:
    """Decide for how many days it counts; what was said before is heeded as long. Raises `Invalid`."""
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise errors.Invalid(_("Heed it for a day at least, and for 365 at most."), fields={"days": "1 to 365"})
    before = not_interested_days(shop.pk)
    NotInterestedPeriod.objects.update_or_create(shop=shop, defaults={"days": days})
    kept_periods.invalidate(shop.pk)
    record_audit(shop=shop, actor=actor, action="not_interested.changed", changes={"days": [before, days]})
