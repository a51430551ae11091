"""Importing past interactions."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.core.imports import ImportReport, Progress, Refused, import_rows
from dashboard.core.rows import Row
from dashboard.core.verdicts import Rejection, Verdicts
from dashboard.events.feeds import event_rows
from dashboard.events.payload import moment_of
from dashboard.events.services.kpis import refresh_daily_kpis
from dashboard.events.services.partitions import make_months
from dashboard.events.services.record import record_events

CHUNK_ROWS = 5000  # EVIDENCE of ingest: larger chunks gain little, and a chunk is what a crash repeats


def import_events(
    *,
    shop: Shop,
    path: Path,
    form: str = "",
    simulated: bool = False,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    progress: Progress = lambda rows: None,
    refused: Refused = lambda rejections: None,
) -> ImportReport:
    """Store the interactions of a file, however old; repeating an import stores nothing twice.

    Every bad row is reported with its line, the good ones are kept. Afterwards the daily sums are computed anew.
    `simulated` marks all of them as made by the simulator, `refused` gets every bad row. Raises `Invalid` for a file
    that cannot be read.
    """
    received_at = clock.now()
    in_one_transaction = dry_run or all_or_nothing  # it would hold the locks of new months to its end

    def store(rows: list[Row]) -> Verdicts:
        if not in_one_transaction:
            make_months(_moments(rows))
        return record_events(shop=shop, raw=rows, simulated=simulated, received_at=received_at, any_age=True)

    report = import_rows(
        event_rows(path, form),
        store,
        chunk=CHUNK_ROWS,
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        progress=progress,
        refused=refused,
    )
    if report.stored and report.accepted:
        refresh_daily_kpis(shop=shop)
    return report


def _moments(rows: list[Row]) -> Iterator[datetime]:
    for row in rows:
        with suppress(Rejection):  # whoever stores the row will say so
            yield moment_of(row["timestamp"])
