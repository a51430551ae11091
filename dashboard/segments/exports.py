"""Members of a segment as CSV, written while it is read."""

import csv
from collections.abc import Iterator

from dashboard.accounts.models import Shop
from dashboard.segments import selectors

PAGE_ROWS = 1_000  # about 0.1 MB of rows in memory
# A spreadsheet runs cells that begin so as formulas (OWASP: CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file that hands each written line back."""

    def write(self, text: str) -> str:
        return text


def members_csv(shop: Shop, number: int) -> Iterator[str]:
    """Lines of `visitor_id,segment,probability`, surest member first."""
    writer = csv.writer(_Line())
    yield writer.writerow(["visitor_id", "segment", "probability"])
    cursor, more = "", True
    while more:
        page = selectors.segment_members(shop, number, cursor=cursor, limit=PAGE_ROWS)
        for member in page.members:
            yield writer.writerow([safe_cell(member.visitor_id), number, f"{member.probability:.4f}"])
        cursor, more = page.next_cursor, bool(page.next_cursor)


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
