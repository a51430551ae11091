"""Start the nightly runs of shops that have something new to learn."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops
from dashboard.core import clock, errors
from dashboard.core.each import each_on_its_own
from dashboard.core.tenancy import for_each_shop
from dashboard.training import selectors
from dashboard.training.models import Run
from dashboard.training.services.runs import start_run
from dashboard.training.services.snapshot import counted

NIGHT_HOUR = 3  # of the shop's own day
MIN_NEW_SHARE = 0.01  # of what the model that serves has learnt from
MIN_NEW_INTERACTIONS = 50


def start_due_runs(*, now: datetime | None = None) -> list[Run]:
    """One scheduled run a shop and night, however often and by however many this is called."""
    now = now or clock.now()
    started = each_on_its_own(all_shops(), partial(_start_if_due, now=now))
    return [run for run in started if run is not None]


@for_each_shop
@transaction.atomic
def _start_if_due(shop: Shop, now: datetime) -> Run | None:
    shop = Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    local = now.astimezone(ZoneInfo(shop.timezone))
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    if local < night or not selectors.retrain_plan(shop).retrains_nightly:
        return None
    if Run.objects.filter(shop=shop, created_at__gte=night).exists() or not _has_news(shop):
        return None
    try:
        return start_run(shop=shop, trigger=Run.Trigger.SCHEDULE)
    except errors.Conflict:
        return None


def _has_news(shop: Shop) -> bool:
    """Enough interactions came since the last run that ended with an artifact; a shop without one counts them all.

    Those that came are counted, not how many more there are: where behaviour is forgotten with its age, the number
    stays the same for years.
    """
    last = Run.objects.filter(shop=shop, state__in=[Run.State.PUBLISHED, Run.State.REJECTED]).order_by("-pk").first()
    new = counted(shop, selectors.retrain_plan(shop).counts_simulated)
    if last is not None:
        new = new.filter(received_at__gt=last.started_at or last.created_at)
    learnt = last.counts.get("interactions", 0) if last else 0
    return new.count() >= max(MIN_NEW_INTERACTIONS, MIN_NEW_SHARE * learnt)
