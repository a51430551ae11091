"""Importing a catalog feed from a file."""

from pathlib import Path

from dashboard.accounts.models import Shop
from dashboard.catalog.feeds import FORMATS, detected_format, feed_rows
from dashboard.catalog.services.items import preview_items, upsert_items
from dashboard.core import errors
from dashboard.core.imports import ImportReport, Progress, Refused, import_rows

CHUNK_ROWS = 1000


def import_items(
    *,
    shop: Shop,
    path: Path,
    form: str = "",
    dry_run: bool = False,
    all_or_nothing: bool = False,
    progress: Progress = lambda rows: None,
    refused: Refused = lambda rejections: None,
) -> ImportReport:
    """Add or update the items of a feed; every bad row is reported with its line, the good ones are kept.

    `form`: one of `catalog.feeds.FORMATS`; detected where empty. `dry_run` says in the report's `changes` what would be
    new, changed and unchanged; it keeps nobody from writing, and remembers 60 bytes for each id. `refused` gets every
    bad row, chunk by chunk. Raises `Invalid` for a file that cannot be read.
    """
    if form and form not in FORMATS:
        raise errors.Invalid(f"The format {form} is not known; choose one of {', '.join(FORMATS)}.")
    seen: set[int] = set()
    report = import_rows(
        feed_rows(path, form or detected_format(path)),
        lambda rows: (
            preview_items(shop=shop, raw_items=rows, seen=seen) if dry_run else upsert_items(shop=shop, raw_items=rows)
        ),
        chunk=CHUNK_ROWS,
        all_or_nothing=all_or_nothing and not dry_run,
        progress=progress,
        refused=refused,
    )
    report.stored = report.stored and not dry_run
    return report
