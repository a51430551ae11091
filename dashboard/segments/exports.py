"""Members of a segment as CSV, written while it is read."""

from collections.abc import Iterator

from dashboard.accounts.models import Shop
from dashboard.core.csv_lines import csv_lines
from dashboard.segments import selectors

PAGE_ROWS = 1_000  # about 0.1 MB of rows in memory


def members_csv(shop: Shop, number: int) -> Iterator[str]:
    """Lines of `visitor_id,segment,probability`, surest member first."""
    rows = ((member.visitor_id, number, f"{member.probability:.4f}") for member in all_members(shop, number))
    return csv_lines(["visitor_id", "segment", "probability"], rows)


def all_members(shop: Shop, number: int) -> Iterator[selectors.VisitorMembership]:
    """Every member, page by page."""
    cursor, more = "", True
    while more:
        page = selectors.segment_members(shop, number, cursor=cursor, limit=PAGE_ROWS)
        yield from page.members
        cursor, more = page.next_cursor, bool(page.next_cursor)
