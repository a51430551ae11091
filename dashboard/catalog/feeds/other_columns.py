"""Columns of a feed that are no field of an item: what becomes of their values, and which field may be meant."""

from collections.abc import Mapping
from pathlib import Path

from dashboard.catalog.feeds.shopify import columns_not_read
from dashboard.catalog.payload import FIELDS
from dashboard.core.remarks import COLUMNS_TOLD, ColumnRemark, Remarks
from dashboard.core.rows import Rows, csv_header
from dashboard.core.verdicts import shown_value
from recommender.data.names import LONGEST_NAME, meant_by

_DERIVED = {"shopify-csv": frozenset({"tags", "compare_at_price", "additional_images"})}  # attributes that we make


class OtherColumns:
    """Listens to the rows of a feed, and says at its end in `remarks` which columns are no field."""

    def __init__(self, path: Path, form: str) -> None:
        self._fields: set[str] = set()
        self._derived = _DERIVED.get(form, frozenset())
        self._kept: dict[str, ColumnRemark] = {}
        self._more: set[int] = set()
        self._dropped = _dropped(path, form)

    def rows(self, rows: Rows) -> Rows:
        """The same rows, listened to."""
        for line, row in rows:
            if isinstance(row, dict):
                self._fields.update(row)
                self._hear(row.get("attributes"))
            yield line, row

    def tell(self, remarks: Remarks) -> None:
        """Put what was found into the remarks; a field that the feed has itself was not meant by another column."""
        free = [name for name in FIELDS if name not in self._fields]
        for column in self._kept.values():
            column.meant = meant_by(column.name, free)
        remarks.columns = [*self._kept.values(), *self._dropped][:COLUMNS_TOLD]
        remarks.more_columns = len(self._kept) + len(self._more) + len(self._dropped) - len(remarks.columns)

    def _hear(self, attributes: object) -> None:
        if not isinstance(attributes, Mapping):
            return
        for name, value in attributes.items():
            if name in self._derived:
                continue
            column = self._kept.get(name)
            if column is None:
                if len(self._kept) >= COLUMNS_TOLD:
                    self._more.add(hash(name))
                    continue
                column = self._kept[name] = ColumnRemark(_short(name), is_kept=True, example=shown_value(value))
            column.rows += 1


def _dropped(path: Path, form: str) -> list[ColumnRemark]:
    """Of a table whose other columns are no attributes, or have no name to be kept under."""
    if form in ("jsonl", "parquet", "google-xml"):
        return []
    header = csv_header(path, "\t" if form.endswith("tsv") else ",")
    names = columns_not_read(header) if form == "shopify-csv" else [name for name in header if not name]
    return [ColumnRemark(_short(name), is_kept=False) for name in names]


def _short(name: str) -> str:
    text = name.replace("\x00", "").encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
