"""Importing past interactions."""

from pathlib import Path

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.core.imports import ImportReport, Progress, import_rows
from dashboard.events.feeds import event_rows
from dashboard.events.services.kpis import refresh_daily_kpis
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
) -> ImportReport:
    """Store the interactions of a file, however old; repeating an import stores nothing twice.

    Every bad row is reported with its line, the good ones are kept. Afterwards the daily sums are computed anew.
    `simulated` marks all of them as made by the simulator. Raises `Invalid` for a file that cannot be read.
    """
    received_at = clock.now()
    report = import_rows(
        event_rows(path, form),
        lambda rows: record_events(shop=shop, raw=rows, simulated=simulated, received_at=received_at, any_age=True),
        chunk=CHUNK_ROWS,
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        progress=progress,
    )
    if report.stored and report.accepted:
        refresh_daily_kpis(shop=shop)
    return report
