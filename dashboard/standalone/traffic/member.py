"""A process of a crew. It starts bare: nothing of Django may be imported before `work` has set it up."""

import threading
import time
from dataclasses import astuple
from datetime import datetime
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from dashboard.standalone.traffic.calendar import PlannedVisit

if TYPE_CHECKING:
    from dashboard.standalone.traffic.live import Totals

REPORT_EVERY_SECONDS = 0.5


def work(link: Connection, database: str, slug: str, seed: int, now: datetime, visits: list[PlannedVisit]) -> None:
    """Live until each moment that the link brings, until it is closed. `database`: the name of the one to use."""
    import django

    django.setup()
    from django.db import connection

    from dashboard.accounts.selectors import shop_by_slug
    from dashboard.core.tenancy import operator_scope
    from dashboard.standalone.traffic.backfill import Backfill

    connection.settings_dict["NAME"] = database
    told_at = 0.0

    def tell(totals: "Totals") -> None:
        nonlocal told_at
        if time.monotonic() - told_at > REPORT_EVERY_SECONDS:
            told_at = time.monotonic()
            link.send((astuple(totals), False))

    with operator_scope("simulated visits of the past"):
        with connection.cursor() as cursor:  # what a crash would lose is told anew, so nobody waits for the disk
            cursor.execute("SET synchronous_commit TO off")
        backfill = Backfill(shop_by_slug(slug), visits, seed=seed, stop=threading.Event(), now=now)
        while True:
            try:
                moment = link.recv()
            except EOFError:
                return
            link.send((astuple(backfill.live_until(moment, tell)), True))
