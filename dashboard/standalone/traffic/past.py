"""A past for any shop: `simulate --backfill-days`. One experiment on Home began with it: does more exploration pay?"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.services import refresh_daily_kpis
from dashboard.experiments.models import Experiment
from dashboard.experiments.services import Terms, refresh_moments, start_experiment
from dashboard.policies.selectors import placement_by_slug, placements_of
from dashboard.policies.services import ensure_default_placements
from dashboard.standalone.traffic.backfill import Backfill
from dashboard.standalone.traffic.calendar import VISITS_A_DAY, planned_visits
from dashboard.standalone.traffic.crew import Crew
from dashboard.standalone.traffic.live import Totals

PLACEMENT, TREATMENT_EXPLORATION = "home", 0.25


def live_through_past(
    shop: Shop,
    *,
    seed: int,
    days: int,
    stop: threading.Event,
    visits_a_day: float = VISITS_A_DAY,
    report: Callable[[Totals], None] = lambda _: None,
    processes: int = 1,
) -> Totals:
    """With one process in this one, where `stop` ends it between two waves; else in so many others."""
    now = clock.now()
    if not placements_of(shop).exists():  # a new shop gets them with its first slate, which is still to come
        ensure_default_placements(shop)
    experiment = _experiment(shop, now - timedelta(days=days), seed, visits=int(visits_a_day * days))
    visits = planned_visits(days=days, now=now, zone=shop.timezone, seed=seed, visits_a_day=visits_a_day)
    if processes == 1:
        totals = Backfill(shop, visits, seed=seed, stop=stop, now=now).live_until(now, report)
    else:
        with Crew(shop, visits, seed=seed, now=now, processes=processes) as crew:
            totals = crew.live_until(now, report)
    refresh_moments(experiment)
    refresh_daily_kpis(shop=shop, days=clock.latest_days(shop.timezone, days + 1))
    return totals


def _experiment(shop: Shop, since: datetime, seed: int, visits: int) -> Experiment:
    """What runs on Home already, or a new one."""
    placement = placement_by_slug(shop, PLACEMENT)
    running = Experiment.objects.filter(placement=placement, state=Experiment.State.RUNNING).first()
    if running is not None:
        return running
    return start_experiment(
        placement=placement,
        treatment_knobs={"exploration": TREATMENT_EXPLORATION},
        name=_("More exploration on %(placement)s") % {"placement": placement.name},
        by=None,
        now=since,
        terms=Terms(planned_visitors=max(visits, 200)),
        salt=f"sample-{seed}",
    )
