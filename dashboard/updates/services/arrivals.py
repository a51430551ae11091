"""What was received of a shop's interactions, and what those had done who did it: by the rules of a snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import connection
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from dashboard.accounts.models import Shop
from dashboard.events.models import Interaction
from dashboard.training.learnt_rows import Bounds, within
from recommender.data.events import EVENT_TYPES

if TYPE_CHECKING:  # Arrow: 40 MB that a web process never needs
    from recommender.data.interactions import Interactions

LATE = timedelta(seconds=3)  # at most, between the receipt of an event and the beginning of its transaction
MOST_HELD_BACK = timedelta(minutes=10)  # what a longer transaction wrote counts once the log is read anew
MOST_ROWS = 20_000  # of a step: 1 s of a worker
LONGEST = 10_000  # newest interactions of a visitor, as training has it

_LOOK_ANEW = "SELECT pg_stat_clear_snapshot()"  # or a transaction is shown what it was shown before
_OLDEST_OPEN = """
    SELECT min(xact_start) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
"""


def settled_until(now: datetime) -> datetime:
    """Until when all that was received can be seen. A row is received before its transaction commits: while one that
    writes is open, nothing counts that was received since it began."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_ANEW)
        cursor.execute(_OLDEST_OPEN)
        oldest = cursor.fetchone()[0]
    return min(now, max(oldest or now, now - MOST_HELD_BACK)) - LATE


@dataclass(frozen=True)
class Stretch:
    """Of a shop's log: what was received after `since`, until `until`."""

    shop: Shop
    counts_simulated: bool
    since: datetime
    until: datetime

    @property
    def rows(self) -> QuerySet[Interaction]:
        """What arrived, as far as it can teach."""
        return self._known.filter(received_at__gt=self.since)

    @property
    def _known(self) -> QuerySet[Interaction]:
        return within(self.shop, Bounds(self.counts_simulated, self.until)).filter(type__in=EVENT_TYPES)

    def first_end(self) -> datetime:
        """Where a step of MOST_ROWS ends: what was received at one moment is never divided."""
        times = self.rows.order_by("received_at").values_list("received_at", flat=True)
        last = list(times[MOST_ROWS - 1 : MOST_ROWS])
        return last[0] if last else self.until

    def visitors(self) -> list[str]:
        """Who did something."""
        return sorted(set(self.rows.order_by().values_list("visitor_id", flat=True).distinct()))

    def behaviour_of(self, visitor_ids: Sequence[str]) -> tuple["Interactions", np.ndarray]:
        """All that these visitors had done by `until`, in the order in which it was stored, and whether each row is
        new since `since`."""
        newest_first = [F("timestamp").desc(), F("pk").desc()]
        place = Window(RowNumber(), partition_by=[F("visitor_id")], order_by=newest_first)
        rows = self._known.filter(visitor_id__in=visitor_ids).annotate(place=place).filter(place__lte=LONGEST)
        columns = ("visitor_id", "item_id", "timestamp", "type", "received_at")
        found = list(rows.order_by("pk").values_list(*columns))
        return _interactions(found), np.array([row[4] > self.since for row in found], bool)


def _interactions(rows: Sequence[tuple[str, str, datetime, str, datetime]]) -> "Interactions":
    from recommender.data.interactions import Interactions

    visitor_ids, visitor_N = _numbered([row[0] for row in rows])
    item_ids, item_N = _numbered([row[1] for row in rows])
    seconds_N = np.array([row[2].timestamp() for row in rows], np.float64)
    type_N = np.array([EVENT_TYPES.index(row[3]) for row in rows], np.int8)
    return Interactions(visitor_ids, item_ids, visitor_N, item_N, seconds_N, type_N)


def _numbered(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Each name once, and where each of `names` stands among them."""
    number_of: dict[str, int] = {}
    numbers_N = np.array([number_of.setdefault(name, len(number_of)) for name in names], np.int32)
    return np.array([*number_of], object), numbers_N
