"""Catalog feeds: files of items in the forms that shops have, turned into items as `upsert_items` takes them."""

from dashboard.catalog.feeds.formats import FORMATS, detected_format, feed_rows, feed_rows_apart, format_by_content
from dashboard.catalog.feeds.other_columns import OtherColumns

__all__ = ["FORMATS", "OtherColumns", "detected_format", "feed_rows", "feed_rows_apart", "format_by_content"]
