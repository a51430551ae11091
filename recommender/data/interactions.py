"""Interactions of a file: the columns of the contract, validated, with notices about what was left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recommender.data import columns
from recommender.data.events import ALIASES, EVENT_TYPES, NO_INTEREST
from recommender.data.files import read_table, row_line
from recommender.data.names import meant_by
from recommender.errors import InputError

REQUIRED = ("visitor_id", "item_id", "timestamp")
OPTIONAL = ("event_type", "value")


@dataclass(frozen=True)
class Interactions:
    """Rows in file order. `item_ids[item_N]` and `visitor_ids[visitor_N]` are the ids as they were read."""

    visitor_ids: np.ndarray  # object (V,)
    item_ids: np.ndarray  # object (I,)
    visitor_N: np.ndarray  # int32 codes
    item_N: np.ndarray
    seconds_N: np.ndarray  # float64
    type_N: np.ndarray  # int8, index into EVENT_TYPES
    notices: tuple[str, ...] = field(default=())
    left_out: Mapping[str, int] = field(default_factory=dict)  # rows that are not among them, by reason

    def __len__(self) -> int:
        return len(self.item_N)


def read_interactions(path: Path) -> Interactions:
    """Read and validate. Raises InputError; rows that cannot count (no id, no interest) are left out with a notice."""
    table = read_table(path)
    for name in REQUIRED:
        if name not in table.column_names:
            raise InputError(f"the column is missing; found {', '.join(table.column_names)}", file=path, column=name)
    unknown = [name for name in table.column_names if name not in REQUIRED + OPTIONAL]
    notices = [_ignored(unknown, table.column_names, path)] if unknown else []
    seconds_N = columns.seconds(table, "timestamp", path)
    if "value" in table.column_names:
        columns.numbers(table, "value", path)
    type_N, type_notices = _types(table, path)
    visitors, items = columns.strings(table, "visitor_id", path), columns.strings(table, "item_id", path)
    named_N = pc.and_(pc.not_equal(visitors, ""), pc.not_equal(items, "")).to_numpy().astype(bool)
    notices += type_notices + _unnamed(named_N, path)
    return _assemble(visitors, items, seconds_N, type_N, named_N & (type_N >= 0), tuple(notices), path)


def _assemble(
    visitors: pa.ChunkedArray,
    items: pa.ChunkedArray,
    seconds_N: np.ndarray,
    type_N: np.ndarray,
    kept_N: np.ndarray,
    notices: tuple[str, ...],
    path: Path,
) -> Interactions:
    if not kept_N.any():
        raise InputError(f"no usable interaction ({'; '.join(notices) or 'every row was left out'})", file=path)
    visitor_ids, visitor_N = _codes(visitors.filter(pa.array(kept_N)))
    item_ids, item_N = _codes(items.filter(pa.array(kept_N)))
    left_out = {"no_interest": int((type_N < 0).sum()), "unnamed": int((~kept_N & (type_N >= 0)).sum())}
    return Interactions(visitor_ids, item_ids, visitor_N, item_N, seconds_N[kept_N], type_N[kept_N], notices, left_out)


def _ignored(unknown: list[str], names: list[str], path: Path) -> str:
    missing = [name for name in REQUIRED + OPTIONAL if name not in names]
    meant = [f"by “{name}” {near}" for name in unknown if (near := meant_by(name, missing))]
    asked = f"; did you mean {', '.join(meant)}?" if meant else ""
    return f"{path}: ignored unknown columns: {', '.join(unknown)}{asked}"


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    encoded = pa.concat_arrays(column.chunks).dictionary_encode()
    return encoded.dictionary.to_numpy(zero_copy_only=False), encoded.indices.to_numpy().astype(np.int32)


def _unnamed(named_N: np.ndarray, path: Path) -> list[str]:
    if named_N.all():
        return []
    first = row_line(path, int(named_N.argmin()))
    return [f"{path}: left out {int((~named_N).sum())} rows without a visitor or an item (the first is line {first})"]


def _types(table: pa.Table, path: Path) -> tuple[np.ndarray, list[str]]:
    """Codes of the event types; −1 for rows that carry no interest. Without the column everything is a view."""
    if "event_type" not in table.column_names:
        return np.zeros(table.num_rows, np.int8), []
    encoded = pa.concat_arrays(columns.strings(table, "event_type", path).chunks).dictionary_encode()
    names = [ALIASES.get(name, name) or "view_item" for name in encoded.dictionary.to_pylist()]
    codes = np.array([EVENT_TYPES.index(name) if name in EVENT_TYPES else -1 for name in names], np.int8)
    return codes[encoded.indices.to_numpy()], _unknown_types(names, path)


def _unknown_types(names: Iterable[str], path: Path) -> list[str]:
    unknown = sorted(name for name in names if name not in EVENT_TYPES and name not in NO_INTEREST)
    return [f"{path}: ignored unknown event types: {', '.join(unknown)}"] if unknown else []
