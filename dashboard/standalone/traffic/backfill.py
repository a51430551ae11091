"""The past at once: the same shoppers, in this process, with the time of their visits handed in.

A wave of visits goes on together, from slate to slate: its events are stored together, and its slates are made
together (serving.batches). Several processes share the shoppers between them (crew.py).
"""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.core.batches import MAX_BATCH
from dashboard.events.services import record_events
from dashboard.experiments.services import forget_running
from dashboard.policies.selectors import placements_of, published_policies
from dashboard.serving import shop_stats
from dashboard.serving.batches import recommend_many
from dashboard.serving.types import SlateRequest
from dashboard.standalone.traffic.calendar import PlannedVisit, waves
from dashboard.standalone.traffic.live import Totals
from dashboard.standalone.traffic.setup import wares_of
from dashboard.standalone.traffic.shopper import Ask, Shopper, Shown, new_shopper
from dashboard.standalone.traffic.turns import Turns

WAVE_VISITS = 1_200  # of a day and a half: the larger, the fewer round trips
Report = Callable[[Totals], None]


@dataclass
class _Inside:
    """A shopper who is in the shop: this visit and those that follow it, and the time on the shopper's own clock."""

    turns: Turns
    time: datetime
    following: list[PlannedVisit]
    ask: Ask | None = None


class Backfill:
    """Lives through visits of the past, in order."""

    def __init__(
        self,
        shop: Shop,
        visits: Sequence[PlannedVisit],
        *,
        seed: int,
        stop: threading.Event,
        now: datetime | None = None,
    ) -> None:
        self._shop, self._seed, self._stop = shop, seed, stop
        self._now = now or clock.now()
        self._wares = wares_of(shop, seed)
        self._rng = np.random.default_rng([seed, 4, visits[0].number if visits else 0])
        self._visits = list(visits)
        self._visits_left = Counter(planned.number for planned in visits)
        self._shoppers: dict[int, Shopper] = {}  # who has visited and will again: a taste takes 13 kB
        self._placements = set(placements_of(shop).values_list("slug", flat=True))
        self.totals = Totals()

    def live_until(self, moment: datetime, report: Report = lambda _: None) -> Totals:
        """Live through the visits that begin before `moment` and are still to come."""
        self._read_anew()
        count = sum(planned.starts_at < moment for planned in self._visits)
        coming, self._visits = self._visits[:count], self._visits[count:]
        for wave in waves(coming, WAVE_VISITS):
            if self._stop.is_set():
                break
            shop_stats.forget(self._shop.pk)  # what is popular and what was shown, as a server would have it by then
            self._live_through(wave, report)
        return self.totals

    def _read_anew(self) -> None:
        """Whatever was published or decided since the last visits holds from the next one on."""
        published_policies.ask_again()
        for placement in placements_of(self._shop):
            forget_running(placement.pk)

    def _live_through(self, wave: list[list[PlannedVisit]], report: Report) -> None:
        inside = [self._enter(visits) for visits in wave]
        while inside:
            self._store([event for visit in inside for event in self._step(visit)])
            self._show([visit for visit in inside if visit.ask is not None])
            inside = [then for visit in inside if (then := self._then(visit))]
            report(self.totals)

    def _enter(self, visits: list[PlannedVisit]) -> _Inside:
        planned, *following = visits
        shopper = self._shopper(planned.number)
        self.totals.visits += 1
        return _Inside(Turns.of(shopper, self._wares, self._shop.currency), planned.starts_at, following)

    def _shopper(self, number: int) -> Shopper:
        """The one who visits now; forgotten before the last visit."""
        shopper = self._shoppers.pop(number, None)
        if shopper is None:
            shopper = new_shopper(self._wares, seed=self._seed, number=number)
            self.totals.visitors += 1
        self._visits_left[number] -= 1
        if self._visits_left[number]:
            self._shoppers[number] = shopper
        return shopper

    def _then(self, visit: _Inside) -> _Inside | None:
        """Who has not left goes on; who has comes back for the next visit of the wave, if there is one."""
        if visit.ask is not None:
            return visit
        return self._enter(visit.following) if visit.following else None

    def _step(self, visit: _Inside) -> list[dict[str, Any]]:
        events, visit.ask = visit.turns.step()
        stamped = [self._stamped(event, self._later(visit)) for event in events]
        for act in visit.turns.later:
            at = visit.time + timedelta(days=act.after_days)
            if at < self._now:
                stamped.append(self._stamped(act.event, at))
        visit.turns.later.clear()
        return stamped

    def _later(self, visit: _Inside) -> datetime:
        visit.time += timedelta(seconds=float(self._rng.uniform(2, 40)))
        return visit.time

    def _stamped(self, event: dict[str, Any], at: datetime) -> dict[str, Any]:
        return {"event_id": str(uuid.uuid4()), "timestamp": at.isoformat(), **event}

    def _store(self, events: list[dict[str, Any]]) -> None:
        for start in range(0, len(events), MAX_BATCH):
            body = orjson.dumps({"events": events[start : start + MAX_BATCH]})  # as a shop sends it, which costs half
            verdicts = record_events(shop=self._shop, raw=body, simulated=True)
            self.totals.events += verdicts.accepted
            self.totals.refused += len(verdicts.rejected)

    def _show(self, asking: list[_Inside]) -> None:
        """Answer what the visits ask for. Where a shop has no such placement the shopper walks on without."""
        answered = [(visit, ask) for visit in asking if (ask := visit.ask) and ask.placement in self._placements]
        for visit in asking:
            visit.turns.shown = None
        slates = recommend_many([self._request(visit, ask) for visit, ask in answered])
        for (visit, _ask), slate in zip(answered, slates, strict=True):
            visit.turns.shown = Shown(str(slate.recommendation_id), [item.item_id for item in slate.items])
        self.totals.slates += len(slates)

    def _request(self, visit: _Inside, ask: Ask) -> SlateRequest:
        visit.time += timedelta(seconds=float(self._rng.uniform(1, 3)))
        return SlateRequest(
            shop=self._shop,
            placement=ask.placement,
            visitor_id=visit.turns.shopper.visitor_id,
            session_id=visit.turns.session_id,
            context_items=ask.context_items,
            cart_items=ask.cart_items,
            now=visit.time,
            simulated=True,
        )
