"""Start the runs of shops that have something new to learn: by night, and between two nights where much is new."""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops
from dashboard.core import clock, errors
from dashboard.core.each import each_on_its_own
from dashboard.core.tenancy import for_each_shop
from dashboard.training import selectors
from dashboard.training.learnt_rows import counted
from dashboard.training.models import RetrainPlan, Run
from dashboard.training.news import news_of
from dashboard.training.services.runs import start_run
from dashboard.training.sufficiency import sufficiency

MIN_NEW_SHARE = 0.01  # of what the model that serves has learnt from
MIN_NEW_INTERACTIONS = 50
CALM = timedelta(hours=6)  # between a run and one that what is new calls for
LOOKS_UNTIL_MINUTE = 10  # of each hour: counting what is new reads two days of a shop


def start_due_runs(*, now: datetime | None = None) -> list[Run]:
    """One scheduled run a shop and night, however often and by however many this is called; and between two nights one
    in six hours at most, where what is new calls for it."""
    now = now or clock.now()
    started = each_on_its_own(all_shops(), partial(_start_if_due, now=now))
    return [run for run in started if run is not None]


@for_each_shop
@transaction.atomic
def _start_if_due(shop: Shop, now: datetime) -> Run | None:
    shop = Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    plan = selectors.retrain_plan(shop)
    if not plan.retrains_nightly or selectors.active_run(shop) is not None:
        return None
    local = now.astimezone(ZoneInfo(shop.timezone))
    trigger = _due(shop, plan, local)
    if trigger is None:
        return None
    preset = plan.weekly_preset if plan.weekly_preset and local.weekday() == plan.weekly_day else plan.night_preset
    try:
        return start_run(
            shop=shop, preset=preset if trigger == Run.Trigger.SCHEDULE else plan.night_preset, trigger=trigger
        )
    except errors.Conflict:
        return None


def _due(shop: Shop, plan: RetrainPlan, local: datetime) -> Run.Trigger | None:
    """Why a run is due now; None where none is."""
    night = local.replace(hour=plan.night_hour, minute=0, second=0, microsecond=0)
    if local >= night and not _begun_since(shop, night):
        return Run.Trigger.SCHEDULE if _has_news(shop) else None
    if not plan.retrains_on_news or local.minute >= LOOKS_UNTIL_MINUTE or _begun_since(shop, local - CALM):
        return None
    news = news_of(shop, now=local)
    return Run.Trigger.NEWS if news is not None and news.calls_for_a_run else None


def _begun_since(shop: Shop, moment: datetime) -> bool:
    return Run.objects.filter(shop=shop, created_at__gte=moment).exists()


def _has_news(shop: Shop) -> bool:
    """Enough interactions came since the last run that ended with an artifact; a shop without one needs as many as
    make a model useful.

    Those that came are counted, not how many more there are: where behaviour is forgotten with its age, the number
    stays the same for years.
    """
    last = selectors.last_learnt(shop)
    if last is None:
        return sufficiency(shop).is_useful
    new = counted(shop, selectors.retrain_plan(shop).counts_simulated)
    new = new.filter(received_at__gt=last.started_at or last.created_at)
    return new.count() >= max(MIN_NEW_INTERACTIONS, MIN_NEW_SHARE * last.counts.get("interactions", 0))
