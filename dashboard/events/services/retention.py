"""Forgetting what is old: months by the installation (partitions.py), rows by the shop."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.events.models import Exposure, Impression, Interaction, Retention
from dashboard.events.selectors.retention import retention_days
from dashboard.events.services.partitions import installation_cutoff

SHORTEST_DAYS, LONGEST_DAYS = 30, 3660


@transaction.atomic
def change_retention(*, shop: Shop, days: int | None, actor: User | None = None) -> None:
    """Decide how long the shop keeps behaviour; None: as long as the installation does. Raises `Invalid`."""
    before = retention_days(shop.pk)
    if days is None:
        Retention.objects.filter(shop=shop).delete()
    elif SHORTEST_DAYS <= days <= LONGEST_DAYS:
        Retention.objects.update_or_create(shop=shop, defaults={"days": days})
    else:
        raise errors.Invalid(_("Keep events for 30 days at least, and for 3,660 at most."))
    record_audit(shop=shop, actor=actor, action="retention.change", changes={"days": [before, days]})


def forget_old_events(*, shop: Shop, now: datetime | None = None) -> int:
    """Delete what is older than the shop keeps; returns how many rows went. Daily sums stay, and so do the ids of
    events: a late resend is still a duplicate."""
    cutoff = kept_since(shop, now or clock.now())
    if cutoff is None:
        return 0
    old = {"shop": shop, "timestamp__lt": cutoff}
    rows = [Interaction.objects.filter(**old), Impression.objects.filter(**old)]
    rows.append(Exposure.objects.filter(shop=shop, served_at__lt=cutoff))
    return sum(kind.delete()[0] for kind in rows)


def kept_since(shop: Shop, now: datetime) -> datetime | None:
    """The first moment of which the shop still has behaviour; None: it keeps all."""
    days = retention_days(shop.pk)
    limits = [installation_cutoff(now), now - timedelta(days=days) if days else None]
    return max((limit for limit in limits if limit is not None), default=None)
