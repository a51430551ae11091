"""Catalog feeds: files of items in the forms that shops have, turned into items as `upsert_items` takes them."""

from dashboard.catalog.feeds.formats import FORMATS, detected_format, feed_rows, feed_rows_apart, format_by_content

__all__ = ["FORMATS", "detected_format", "feed_rows", "feed_rows_apart", "format_by_content"]
