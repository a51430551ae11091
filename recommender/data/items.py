"""The catalog of a file: the columns of the contract; whatever else it has is kept, and nothing is learned from it."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from recommender.data import columns
from recommender.data.files import read_table, row_line
from recommender.data.names import LONGEST_NAME, meant_by
from recommender.errors import InputError

TEXTS = ("title", "description", "categories", "brand", "image_url", "group_id")
COLUMNS = ("item_id", *TEXTS, "price", "published_at", "in_stock")
EXAMPLES = 5  # of items or columns that a notice names


def read_items(path: Path) -> pa.Table:
    """One row per item, text as strings, `price` as a number. Raises InputError; the last of repeated rows counts."""
    return read_catalog(path)[0]


def read_catalog(path: Path) -> tuple[pa.Table, tuple[str, ...]]:
    """The same, with notices of what was not taken as it stands: columns, rows, titles."""
    rows = _rows(path)
    items = _last_of_each(rows)
    return items, tuple(f"{path}: {said}" for said in _notices(rows, items))


def _rows(path: Path) -> pa.Table:
    table = read_table(path)
    if "item_id" not in table.column_names:
        raise InputError(f"the column is missing; found {', '.join(table.column_names)}", file=path, column="item_id")
    ids = columns.strings(table, "item_id", path)
    empty = pc.equal(ids, "").to_numpy()
    if empty.any():
        raise InputError("the item has no id", file=path, line=row_line(path, int(empty.argmax())), column="item_id")
    table = table.set_column(table.column_names.index("item_id"), "item_id", ids)
    for name in TEXTS:
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, columns.strings(table, name, path))
    if "price" in table.column_names:
        price = pa.array(columns.numbers(table, "price", path))
        table = table.set_column(table.column_names.index("price"), "price", price)
    return table


def _last_of_each(rows: pa.Table) -> pa.Table:
    last = dict(zip(rows["item_id"].to_pylist(), range(rows.num_rows), strict=True))
    return rows.take(pa.array(list(last.values())))


def _notices(rows: pa.Table, items: pa.Table) -> list[str]:
    found = [_unknown(rows.column_names)] if set(rows.column_names) - set(COLUMNS) else []
    if repeated := rows.num_rows - items.num_rows:
        found.append(f"{repeated:,} of {rows.num_rows:,} rows name an item again; the last row of each counts")
    untitled = _untitled(items)
    if untitled:
        found.append(f"{len(untitled):,} items have no title: {_some(untitled)}")
    return found


def _unknown(names: list[str]) -> str:
    """Which columns nothing is learned from, and what may be meant by them."""
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in COLUMNS if name not in names]
    meant = [f"by “{name[:LONGEST_NAME]}” {near}" for name in unknown[:EXAMPLES] if (near := meant_by(name, missing))]
    asked = f"; did you mean {', '.join(meant)}?" if meant else ""
    return f"nothing is learned from the columns {_some([name[:LONGEST_NAME] for name in unknown])}{asked}"


def _untitled(items: pa.Table) -> list[str]:
    if "title" not in items.column_names:
        return items["item_id"].to_pylist()
    return items.filter(pc.equal(items["title"], ""))["item_id"].to_pylist()


def _some(names: list[str]) -> str:
    more = f" and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else ""
    return ", ".join(names[:EXAMPLES]) + more
