"""Importing a catalog feed."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.uploadedfile import UploadedFile

from dashboard.accounts.models import Shop
from dashboard.catalog.feeds import FORMATS, detected_format, feed_rows
from dashboard.catalog.services.items import upsert_items
from dashboard.core import errors
from dashboard.core.imports import ImportReport, Progress, import_rows

CHUNK_ROWS = 1000


def import_items(
    *,
    shop: Shop,
    path: Path,
    form: str = "",
    dry_run: bool = False,
    all_or_nothing: bool = False,
    progress: Progress = lambda rows: None,
) -> ImportReport:
    """Add or update the items of a feed; every bad row is reported with its line, the good ones are kept.

    `form`: one of `catalog.feeds.FORMATS`; detected where empty. Raises `Invalid` for a file that cannot be read.
    """
    if form and form not in FORMATS:
        raise errors.Invalid(f"The format {form} is not known; choose one of {', '.join(FORMATS)}.")
    return import_rows(
        feed_rows(path, form or detected_format(path)),
        lambda rows: upsert_items(shop=shop, raw_items=rows),
        chunk=CHUNK_ROWS,
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        progress=progress,
    )


def import_uploaded_items(*, shop: Shop, upload: UploadedFile) -> ImportReport:
    """Import a feed that a person sent; its name tells the format. Raises `Invalid` as `import_items` does."""
    name = Path(upload.name or "feed").name
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"feed{Path(name).suffix.lower()}"
        with path.open("wb") as copy:
            copy.writelines(upload.chunks())
        return import_items(shop=shop, path=path)
