"""Shoppers shared out between processes: each lives through the visits of its own, all up to the same moment.

Who has the cores needs one process a core; a shopper's visits stay together, so that nobody waits for another's.
"""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from dataclasses import astuple
from datetime import datetime
from multiprocessing.connection import Connection, wait
from typing import Any, Self

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.core.errors import ForageError
from dashboard.standalone.traffic.calendar import PlannedVisit
from dashboard.standalone.traffic.live import Totals
from dashboard.standalone.traffic.member import work

MOST_PROCESSES = 4


class CrewFailed(ForageError):
    """A process ended before its visits did."""


def processes_here() -> int:
    return min(os.cpu_count() or 1, MOST_PROCESSES)


class Crew:
    """Use it as a context: `live_until` moves all processes on; leaving it ends them."""

    def __init__(
        self, shop: Shop, visits: Sequence[PlannedVisit], *, seed: int, now: datetime, processes: int | None = None
    ) -> None:
        self._shares = _shared_out(visits, processes or processes_here())
        self._terms = (connection.settings_dict["NAME"], shop.slug, seed, now)
        self._members: list[tuple[Any, Connection]] = []
        self._totals: list[Totals] = []

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")  # never a fork of a process that holds connections and threads
        for share in self._shares:
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, *self._terms, share), daemon=True)
            process.start()
            theirs.close()
            self._members.append((process, ours))
            self._totals.append(Totals())
        return self

    def __exit__(self, *_: object) -> None:
        for process, link in self._members:
            link.close()
            process.terminate()
            process.join()

    def live_until(self, moment: datetime, report: Callable[[Totals], None] = lambda _: None) -> Totals:
        """All visits that begin before `moment`. Raises `CrewFailed`."""
        for _process, link in self._members:
            link.send(moment)
        working = dict(enumerate(self._members))
        while working:
            ready = wait([link for _process, link in working.values()])
            for place, (_process, link) in list(working.items()):
                if link in ready and self._hear(place, link):
                    del working[place]
            report(self.totals)
        return self.totals

    def _hear(self, place: int, link: Connection) -> bool:
        """Whether this process has come to the moment."""
        try:
            totals, is_done = link.recv()
        except (EOFError, OSError):
            raise CrewFailed("A process that simulates visits ended early; its last lines say why.") from None
        self._totals[place] = Totals(*totals)
        return bool(is_done)

    @property
    def totals(self) -> Totals:
        columns = zip(*map(astuple, self._totals), strict=True)
        return Totals(*map(sum, columns))


def _shared_out(visits: Sequence[PlannedVisit], processes: int) -> list[list[PlannedVisit]]:
    return [[visit for visit in visits if visit.number % processes == place] for place in range(processes)]
