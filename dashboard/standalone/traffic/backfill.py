"""The past weeks at once: the same shoppers, in this process, with the time of their visits handed in.

Events are stored for a whole wave of visits together; slates are made one by one, as serving makes them.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import clock, errors
from dashboard.events.services import record_events, refresh_daily_kpis
from dashboard.experiments.models import Experiment
from dashboard.experiments.services import Terms, refresh_moments, start_experiment
from dashboard.policies.selectors import placement_by_slug, placements_of
from dashboard.policies.services import ensure_default_placements
from dashboard.serving.services import recommend
from dashboard.serving.types import SlateRequest
from dashboard.standalone.traffic.calendar import PlannedVisit, planned_visits, waves
from dashboard.standalone.traffic.live import Totals
from dashboard.standalone.traffic.setup import wares_of
from dashboard.standalone.traffic.shopper import Ask, Shopper, Shown, new_shopper
from dashboard.standalone.traffic.turns import Turns

DEFAULT_VISITORS = 400  # 600 slates: 16 s of this process's CPU without a model, 48 s on two cores shared by seven
WAVE_VISITS = 200
PLACEMENT, TREATMENT_EXPLORATION = "home", 0.25
PLANNED_DAYS = 28


@dataclass
class _Inside:
    """A visit that is going on, and the time on the shopper's own clock."""

    turns: Turns
    time: datetime
    ask: Ask | None = None


class Backfill:
    """Fills `days` past days of a shop with simulated visits and an experiment on Home that began with them."""

    def __init__(self, shop: Shop, *, seed: int, days: int, stop: threading.Event, now: datetime | None = None) -> None:
        self._shop, self._seed, self._days, self._stop = shop, seed, days, stop
        self._now = now or clock.now()
        self._wares = wares_of(shop, seed)
        self._rng = np.random.default_rng([seed, 4])
        self._shoppers: dict[int, Shopper] = {}
        self.totals = Totals()

    def run(self, *, visitors: int | None = None, report: Callable[[Totals], None] = lambda _: None) -> Totals:
        visitors = visitors or DEFAULT_VISITORS
        experiment = self._experiment(visitors)
        planned = planned_visits(
            visitors=visitors, days=self._days, now=self._now, zone=self._shop.timezone, seed=self._seed
        )
        for wave in waves(planned, WAVE_VISITS):
            if self._stop.is_set():
                break
            self._live_through(wave, report)
        self.totals.visitors = len(self._shoppers)
        refresh_moments(experiment)
        refresh_daily_kpis(shop=self._shop, days=clock.latest_days(self._shop.timezone, self._days + 1))
        return self.totals

    def _experiment(self, visitors: int) -> Experiment:
        """What runs on Home already, or a new one: does more exploration pay?"""
        if not placements_of(self._shop).exists():  # a new shop gets them with its first slate, which is still to come
            ensure_default_placements(self._shop)
        placement = placement_by_slug(self._shop, PLACEMENT)
        running = Experiment.objects.filter(placement=placement, state=Experiment.State.RUNNING).first()
        if running is not None:
            return running
        planned = max(int(visitors * PLANNED_DAYS / self._days), 200)
        return start_experiment(
            placement=placement,
            treatment_knobs={"exploration": TREATMENT_EXPLORATION},
            name=_("More exploration on %(placement)s") % {"placement": placement.name},
            by=None,
            now=self._now - timedelta(days=self._days),
            terms=Terms(planned_visitors=planned),
            salt=f"sample-{self._seed}",
        )

    def _live_through(self, wave: list[PlannedVisit], report: Callable[[Totals], None]) -> None:
        inside = [self._enter(planned) for planned in wave]
        self.totals.visits += len(inside)
        while inside:
            self._store([event for visit in inside for event in self._step(visit)])
            inside = [visit for visit in inside if visit.ask is not None]
            with transaction.atomic():  # one commit for a wave's slates instead of one each
                for visit in inside:
                    visit.turns.shown = self._slate(visit)
            report(self.totals)

    def _enter(self, planned: PlannedVisit) -> _Inside:
        if planned.number not in self._shoppers:
            self._shoppers[planned.number] = new_shopper(self._wares, seed=self._seed, number=planned.number)
        return _Inside(Turns.of(self._shoppers[planned.number], self._wares, self._shop.currency), planned.starts_at)

    def _step(self, visit: _Inside) -> list[dict[str, Any]]:
        events, visit.ask = visit.turns.step()
        stamped = []
        for event in events:
            visit.time += timedelta(seconds=float(self._rng.uniform(2, 40)))
            stamped.append({"event_id": str(uuid.uuid4()), "timestamp": visit.time.isoformat(), **event})
        return stamped

    def _store(self, events: list[dict[str, Any]]) -> None:
        if events:
            verdicts = record_events(shop=self._shop, raw=events, simulated=True)
            self.totals.events += verdicts.accepted
            self.totals.refused += len(verdicts.rejected)

    def _slate(self, visit: _Inside) -> Shown | None:
        ask, shopper = visit.ask, visit.turns.shopper
        if ask is None:
            return None
        visit.time += timedelta(seconds=float(self._rng.uniform(1, 3)))
        try:
            slate = recommend(
                SlateRequest(
                    shop=self._shop,
                    placement=ask.placement,
                    visitor_id=shopper.visitor_id,
                    session_id=visit.turns.session_id,
                    context_items=ask.context_items,
                    cart_items=ask.cart_items,
                    now=visit.time,
                    simulated=True,
                )
            )
        except errors.NotFound:
            return None  # this shop has no such placement: the shopper walks on
        self.totals.slates += 1
        return Shown(str(slate.recommendation_id), [item.item_id for item in slate.items])
