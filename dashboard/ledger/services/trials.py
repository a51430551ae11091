"""What the shop calls a fair trial of a new item."""

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import errors
from dashboard.ledger.models import FairTrial
from dashboard.ledger.selectors.trials import fair_trial_of

MOST_POSITIONS, MOST_DAYS = 10_000, 90


@transaction.atomic
def change_fair_trial(*, shop: Shop, positions: int, days: int, actor: User | None = None) -> None:
    """A new item is to be rendered in so many slots within so many days of its arrival. Raises `Invalid`."""
    if not (1 <= positions <= MOST_POSITIONS and 1 <= days <= MOST_DAYS):
        raise errors.Invalid(_("A fair trial is 1 to 10,000 positions, within 1 to 90 days."))
    before = fair_trial_of(shop)
    FairTrial.objects.update_or_create(shop=shop, defaults={"positions": positions, "days": days})
    changes = {"positions": [before.positions, positions], "days": [before.days, days]}
    record_audit(shop=shop, actor=actor, action="fair_trial.change", changes=changes)
