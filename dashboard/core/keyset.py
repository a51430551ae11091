"""Long lists read in pages by the key of the last row, so that page 1,000 costs what page 1 does."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from dashboard.core import errors

Row = dict[str, Any]
ROWS_A_PAGE = 1_000  # about 1 MB of rows in memory


def all_pages(page_after: Callable[[str, int], list[Row]], after: str) -> Iterator[Row]:
    """Rows from `page_after(cursor, rows)`, each with its own `cursor`, until a page is not full."""
    while True:
        rows = page_after(after, ROWS_A_PAGE)
        yield from rows
        if len(rows) < ROWS_A_PAGE:
            return
        after = rows[-1]["cursor"]


def no_cursor(field: str) -> errors.Invalid:
    """What to raise for a place that no row of the list had; `field`: what the client calls it."""
    return errors.Invalid("This is no cursor of this list.", fields={field: "Send a cursor that this list gave."})


def first(rows: Iterator[Row], limit: int | None) -> Iterator[Row]:
    """At most `limit` of them; None: all."""
    return rows if limit is None else islice(rows, limit)
