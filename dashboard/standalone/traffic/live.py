"""Shoppers in real time: a few at once, some of them coming back, at a modest pace."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dashboard.standalone.traffic.front import ApiFront, Stopped
from dashboard.standalone.traffic.shopper import Shopper, new_shopper
from dashboard.standalone.traffic.tastes import Wares
from dashboard.standalone.traffic.turns import Turns

AT_ONCE = 5  # shoppers in the shop at the same time
RETURN_CHANCE = 0.35  # of a visit being somebody's who was here before
REMEMBERED = 500  # former visitors who may come back


@dataclass
class Totals:
    """What the simulator did, for its report."""

    visitors: int = 0
    visits: int = 0
    slates: int = 0
    events: int = 0
    refused: int = 0


class LiveTraffic:
    """Runs visits against `front` until the visitors, the minutes or the patience are used up, or `stop` is set."""

    def __init__(
        self,
        wares: Wares,
        front: ApiFront,
        stop: threading.Event,
        *,
        seed: int,
        currency: str,
        events_per_minute: float | None,
    ) -> None:
        self._wares, self._front, self._stop = wares, front, stop
        self._seed, self._currency, self._events_per_minute = seed, currency, events_per_minute
        self._rng = np.random.default_rng([seed, 2])
        self._known: list[Shopper] = []
        self._inside: list[Turns] = []
        self.totals = Totals()

    def run(
        self, *, visitors: int | None, minutes: float | None, report: Callable[[Totals], None] = lambda _: None
    ) -> Totals:
        until = time.monotonic() + minutes * 60 if minutes else None
        try:
            while not self._stop.is_set() and not (until and time.monotonic() >= until):
                self._let_in(visitors)
                if not self._inside:
                    break
                self._one_turn()
                report(self.totals)
        except Stopped:
            pass
        self._count()
        return self.totals

    def _let_in(self, visitors: int | None) -> None:
        while len(self._inside) < AT_ONCE and (visitors is None or self.totals.visitors < visitors):
            shopper = self._next_shopper()
            self.totals.visits += 1
            self._inside.append(Turns.of(shopper, self._wares, self._currency))

    def _next_shopper(self) -> Shopper:
        busy = {turns.shopper.visitor_id for turns in self._inside}
        away = [shopper for shopper in self._known if shopper.visitor_id not in busy]
        if away and self._rng.random() < RETURN_CHANCE:
            return away[int(self._rng.integers(len(away)))]
        shopper = new_shopper(self._wares, seed=self._seed, number=self.totals.visitors)
        self.totals.visitors += 1
        self._known = [*self._known[-REMEMBERED + 1 :], shopper]
        return shopper

    def _one_turn(self) -> None:
        """One of those inside goes on until the next slate."""
        turns = self._inside[int(self._rng.integers(len(self._inside)))]
        events, ask = turns.step()
        self._front.send(events)
        self._pace(len(events))
        if ask is None:
            self._inside.remove(turns)
        else:
            turns.shown = self._front.slate(turns.shopper, ask, turns.session_id)
        self._count()

    def _pace(self, events: int) -> None:
        if self._events_per_minute and events and self._stop.wait(60.0 * events / self._events_per_minute):
            raise Stopped

    def _count(self) -> None:
        self.totals.slates, self.totals.events = self._front.slates, self._front.events_sent
        self.totals.refused = self._front.events_refused
