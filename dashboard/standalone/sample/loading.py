"""The sample shop's tables as a shop would send them, dated so that its last day is yesterday."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from dashboard.standalone.sample.cleaning import INTERACTIONS_FILE, ITEMS_FILE

ZONE = "Europe/London"
CURRENCY = "GBP"


def catalog_table(today: date) -> pd.DataFrame:
    """Columns of the library's item files (DESIGN §5): one row per item, the price in pounds."""
    items = pd.read_parquet(ITEMS_FILE)
    return pd.DataFrame(
        {
            "item_id": items.item_id,
            "title": items.title,
            "categories": items.category,
            "price": items.price_pence / 100,
            "currency": CURRENCY,
            "group_id": items.group_id,
            "published_at": _shifted(items.published, today).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "in_stock": items.in_stock,
        }
    )


def events_table(today: date) -> pd.DataFrame:
    """One row per line of an invoice, oldest first. Event ids stay the same, so that a reload stores nothing twice."""
    lines = pd.read_parquet(INTERACTIONS_FILE)
    occurrence = lines.groupby(["invoice", "item_id"]).cumcount().astype(str)
    price = lines.price_pence / 100
    return pd.DataFrame(
        {
            "event_id": "retail-" + lines.invoice + "-" + lines.item_id + "-" + occurrence,
            "event_type": lines.type,
            "visitor_id": lines.visitor_id,
            "item_id": lines.item_id,
            "timestamp": _shifted(lines.time, today).astype("datetime64[s, UTC]").astype("int64"),
            "quantity": lines.quantity,
            "price": price,
            "value": (price * lines.quantity).round(2),
            "currency": CURRENCY,
            "order_id": lines.invoice,
        }
    )


def _shifted(times: pd.Series, today: date) -> pd.Series:
    """London wall-clock times of the source, moved by whole days so that the source's last day is yesterday; in UTC."""
    last = pd.read_parquet(INTERACTIONS_FILE, columns=["time"]).time.max().date()
    moved = times + (today - timedelta(days=1) - last)
    return moved.dt.tz_localize(ZoneInfo(ZONE), ambiguous=True, nonexistent="shift_forward").dt.tz_convert("UTC")
