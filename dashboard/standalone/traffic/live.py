"""Shoppers in real time: at the pace of the calendar that the past went by, or as fast as the server answers."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from dashboard.core import clock
from dashboard.standalone.traffic.calendar import RETURN_CHANCE, visits_a_second
from dashboard.standalone.traffic.front import ApiFront, Stopped
from dashboard.standalone.traffic.shopper import Shopper, new_shopper
from dashboard.standalone.traffic.tastes import Wares
from dashboard.standalone.traffic.turns import Turns

AT_ONCE = 5  # shoppers in the shop at the same time where nobody sets the pace
MOST_AT_ONCE = 50
REMEMBERED = 500  # former visitors who may come back
BETWEEN_EVENTS_SECONDS = (2.0, 40.0)


@dataclass
class Totals:
    """What the simulator did, for its report."""

    visitors: int = 0
    visits: int = 0
    slates: int = 0
    events: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Pace:
    """How many visits begin a day, spread over its hours as the shop's clock has them."""

    visits_a_day: float
    zone: str

    def seconds_to_next(self, rng: np.random.Generator) -> float:
        return float(rng.exponential(1.0 / visits_a_second(clock.now(), self.zone, self.visits_a_day)))


@dataclass
class _Inside:
    """A shopper who is in the shop, and when the next turn is."""

    turns: Turns
    due_at: float


class LiveTraffic:
    """Runs visits against `front` until the visitors, the minutes or the patience are used up, or `stop` is set.

    Without a `pace` a few shoppers are always inside, and nobody takes time to look.
    """

    def __init__(
        self,
        wares: Wares,
        front: ApiFront,
        stop: threading.Event,
        *,
        seed: int,
        currency: str,
        pace: Pace | None = None,
    ) -> None:
        self._wares, self._front, self._stop = wares, front, stop
        self._seed, self._currency, self._pace = seed, currency, pace
        self._rng = np.random.default_rng([seed, 2])
        self._known: list[Shopper] = []
        self._inside: list[_Inside] = []
        self._to_come: list[tuple[datetime, dict[str, Any]]] = []  # what visits lead to in days: lost with the process
        self._next_at = 0.0
        self.totals = Totals()

    def run(
        self, *, visitors: int | None, minutes: float | None, report: Callable[[Totals], None] = lambda _: None
    ) -> Totals:
        until = time.monotonic() + minutes * 60 if minutes else None
        try:
            while not self._stop.is_set() and not (until and time.monotonic() >= until):
                self._let_in(visitors)
                if not self._inside and not self._may_enter(visitors):
                    break
                self._one_turn()
                report(self.totals)
        except Stopped:
            pass
        self._count()
        return self.totals

    def _may_enter(self, visitors: int | None) -> bool:
        return visitors is None or self.totals.visitors < visitors

    def _let_in(self, visitors: int | None) -> None:
        if self._pace is None:
            while len(self._inside) < AT_ONCE and self._may_enter(visitors):
                self._enter()
        elif time.monotonic() >= self._next_at and self._may_enter(visitors):
            if self._next_at and len(self._inside) < MOST_AT_ONCE:
                self._enter()
            self._next_at = time.monotonic() + self._pace.seconds_to_next(self._rng)

    def _enter(self) -> None:
        self.totals.visits += 1
        self._inside.append(_Inside(Turns.of(self._next_shopper(), self._wares, self._currency), time.monotonic()))

    def _next_shopper(self) -> Shopper:
        busy = {visit.turns.shopper.visitor_id for visit in self._inside}
        away = [shopper for shopper in self._known if shopper.visitor_id not in busy]
        if away and self._rng.random() < RETURN_CHANCE:
            return away[int(self._rng.integers(len(away)))]
        shopper = new_shopper(self._wares, seed=self._seed, number=self.totals.visitors)
        self.totals.visitors += 1
        self._known = [*self._known[-REMEMBERED + 1 :], shopper]
        return shopper

    def _one_turn(self) -> None:
        """One of those inside goes on until the next slate; with a pace, when it is time."""
        visit = self._next_visit()
        if self._pace is not None and not self._is_time(visit):
            return
        if visit is None:
            return
        events, ask = visit.turns.step()
        self._remember(visit.turns)
        self._front.send([*events, *self._due()])
        visit.due_at = time.monotonic() + sum(
            self._rng.uniform(*BETWEEN_EVENTS_SECONDS) for _ in range(len(events) + 1)
        )
        if ask is None:
            self._inside.remove(visit)
        else:
            visit.turns.shown = self._front.slate(visit.turns.shopper, ask, visit.turns.session_id)
        self._count()

    def _next_visit(self) -> _Inside | None:
        if self._pace is None:
            return self._inside[int(self._rng.integers(len(self._inside)))]
        return min(self._inside, key=lambda visit: visit.due_at, default=None)

    def _is_time(self, visit: _Inside | None) -> bool:
        """Waits for what comes next; whether that is this visit's turn, and not somebody at the door."""
        due_at = min(self._next_at, visit.due_at) if visit else self._next_at
        if self._stop.wait(max(due_at - time.monotonic(), 0.0)):
            raise Stopped
        return visit is not None and visit.due_at <= time.monotonic()

    def _remember(self, turns: Turns) -> None:
        now = clock.now()
        self._to_come += [(now + timedelta(days=act.after_days), act.event) for act in turns.later]
        turns.later.clear()

    def _due(self) -> Sequence[dict[str, Any]]:
        now = clock.now()
        due = [event for at, event in self._to_come if at <= now]
        self._to_come = [entry for entry in self._to_come if entry[0] > now]
        return due

    def _count(self) -> None:
        self.totals.slates, self.totals.events = self._front.slates, self._front.events_sent
        self.totals.refused = self._front.events_refused
