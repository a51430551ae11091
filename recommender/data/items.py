"""The catalog of a file: the columns of the contract; whatever else it has is kept as attributes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from recommender.data import columns
from recommender.data.files import read_table, row_line
from recommender.errors import InputError

TEXTS = ("title", "description", "categories", "brand", "image_url", "group_id")


def read_items(path: Path) -> pa.Table:
    """One row per item, text as strings, `price` as a number. Raises InputError; the last of repeated rows counts."""
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
    last = dict(zip(ids.to_pylist(), range(table.num_rows), strict=True))
    return table.take(pa.array(list(last.values())))
