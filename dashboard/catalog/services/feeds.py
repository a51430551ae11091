"""Importing a catalog feed from a file."""

from pathlib import Path

from dashboard.accounts.models import Shop
from dashboard.catalog.feeds import FORMATS, OtherColumns, detected_format, feed_rows, feed_rows_apart
from dashboard.catalog.services.items import preview_items, upsert_items
from dashboard.catalog.services.removal import RemovalWish, WholeFeed
from dashboard.core import errors
from dashboard.core.imports import ImportReport, Progress, Refused, import_rows

CHUNK_ROWS = 1000


def import_items(
    *,
    shop: Shop,
    path: Path,
    form: str = "",
    apart: bool = False,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    progress: Progress = lambda rows: None,
    refused: Refused = lambda rejections: None,
    removal: RemovalWish | None = None,
) -> ImportReport:
    """Add or update the items of a feed; every bad row is reported with its line, the good ones are kept.

    `form`: one of `catalog.feeds.FORMATS`; detected where empty. `apart`: the file is a stranger's, and is read in a
    process of its own with limits of memory and time. `dry_run` says in the report's `changes` what would be
    new, changed and unchanged; it keeps nobody from writing, and remembers 60 bytes for each id. `refused` gets every
    bad row, chunk by chunk; the report's `remarks` say what was taken otherwise than it may be meant. `removal`: the
    feed names the whole catalog, and what it does not name is taken out at the end, in one transaction. Raises
    `Invalid` for a file that cannot be read.
    """
    if form and form not in FORMATS:
        raise errors.Invalid(f"The format {form} is not known; choose one of {', '.join(FORMATS)}.")
    form = form or detected_format(path)
    seen: set[int] = set()
    columns = OtherColumns(path, form)
    whole = WholeFeed(shop, removal, dry_run=dry_run) if removal else None
    rows = columns.rows((feed_rows_apart if apart else feed_rows)(path, form))
    report = import_rows(
        whole.rows(rows) if whole else rows,
        lambda rows: (
            preview_items(shop=shop, raw_items=rows, seen=seen) if dry_run else upsert_items(shop=shop, raw_items=rows)
        ),
        chunk=CHUNK_ROWS,
        all_or_nothing=all_or_nothing and not dry_run,
        progress=progress,
        refused=refused,
        finish=whole.finish if whole else lambda report: None,
    )
    columns.tell(report.remarks)
    report.stored = report.stored and not dry_run
    return report
