"""The visitors of an audience as CSV, written while they are read."""

from collections.abc import Iterator

from dashboard.accounts.models import Shop
from dashboard.audiences.conditions import Condition
from dashboard.audiences.selectors import member_page
from dashboard.core.csv_lines import csv_lines
from dashboard.core.keyset import ROWS_A_PAGE


def visitors_csv(shop: Shop, condition: Condition) -> Iterator[str]:
    """A line with each visitor's id."""
    return csv_lines(["visitor_id"], ([visitor_id] for visitor_id in all_visitors(shop, condition)))


def all_visitors(shop: Shop, condition: Condition) -> Iterator[str]:
    """Every visitor who fulfils it, page by page."""
    after = ""
    while page := member_page(shop, condition, after=after, limit=ROWS_A_PAGE):
        yield from page
        after = page[-1]
