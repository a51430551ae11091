"""One column of a file as numbers, seconds or strings, with errors that name the line."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recommender.data.files import row_line
from recommender.errors import InputError

LATEST_SECONDS = 1e11  # the year 5138: whatever is larger is not seconds
EXACT_FLOATS = 2.0**53  # larger floats stand for several whole numbers


def strings(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    """A column as trimmed strings; whole floats lose their “.0”; a missing value and NaN become the empty string.
    Raises InputError where the column holds something else than values that can be written as text."""
    column = _column(table, name)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = pa.chunked_array(
            [pa.array(["|".join(map(str, row or [])) for row in column.to_pylist()], pa.string())]
        )
    if pa.types.is_floating(column.type):
        column = _whole_floats(column)
    return pc.utf8_trim_whitespace(pc.fill_null(_cast(column, pa.string(), "text", path, name), ""))


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    """A column without the coding that Parquet files of pandas' categories have."""
    column = table[name]
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _cast(column: pa.ChunkedArray, wanted: pa.DataType, word: str, path: Path, name: str) -> pa.ChunkedArray:
    try:
        if pa.types.is_boolean(column.type) and pa.types.is_floating(wanted):
            raise pa.ArrowInvalid("true is no number")
        return column.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"holds {column.type}, which cannot be read as {word}", file=path, column=name) from None


def _whole_floats(column: pa.ChunkedArray) -> pa.ChunkedArray:
    column = pc.if_else(pc.is_nan(column), None, column)
    is_whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), EXACT_FLOATS))
    whole = pc.all(is_whole).as_py()
    return column.cast(pa.int64()) if whole is not False else column


def numbers(table: pa.Table, name: str, path: Path) -> np.ndarray:
    """A column as float64; NaN where it is empty. Raises InputError with the line of the first that is no number."""
    column = _column(table, name)
    if pa.types.is_integer(column.type):
        column = column.cast(pa.float64(), safe=False)  # whole numbers above 2^53 are rounded
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return pc.fill_null(_cast(column, pa.float64(), "numbers", path, name), np.nan).to_numpy().astype(np.float64)
    column = strings(table, name, path)
    column = pc.if_else(pc.equal(column, ""), "nan", column)
    try:
        return column.cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        row = next(row for row, text in enumerate(column.to_pylist()) if not _is_number(text))
        raise InputError(f"“{column[row]}” is no number", file=path, line=row_line(path, row), column=name) from None


def seconds(table: pa.Table, name: str, path: Path) -> np.ndarray:
    """A column as seconds since 1970 (float64): numbers, Parquet timestamps, or RFC 3339 text (UTC without a zone)."""
    column = _column(table, name)
    if pa.types.is_timestamp(column.type):
        instants = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        times = pc.divide(instants.cast(pa.float64(), safe=False), 1e6)
        values = pc.fill_null(times, np.nan).to_numpy().astype(np.float64)
    elif pa.types.is_date(column.type):
        days = column.cast(pa.date32()).cast(pa.int32()).cast(pa.float64())
        values = pc.fill_null(days, np.nan).to_numpy() * 86400.0
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        values = _seconds_of_text(strings(table, name, path), path, name)
    else:
        values = numbers(table, name, path)
    _refuse(np.isnan(values), "the time is missing", path, name)
    _refuse(np.abs(values) > LATEST_SECONDS, "this is no time in seconds (are these milliseconds?)", path, name)
    return values


def _seconds_of_text(column: pa.ChunkedArray, path: Path, name: str) -> np.ndarray:
    parsed = _seconds_at_once(column)
    return _seconds_one_by_one(column, path, name) if parsed is None else parsed


def _seconds_at_once(column: pa.ChunkedArray) -> np.ndarray | None:
    """Where Arrow reads all of it, in a twentieth of the time: numbers, or times that all have a zone or that all have
    none. What it cannot read Python may."""
    for kind in (pa.float64(), pa.timestamp("us", "UTC"), pa.timestamp("us")):
        try:
            read = column.cast(kind)
        except pa.ArrowInvalid:
            continue
        if pa.types.is_timestamp(kind):
            read = pc.divide(read.cast(pa.int64()).cast(pa.float64(), safe=False), 1e6)
        values = read.to_numpy()
        return None if np.isnan(values).any() else values.astype(np.float64)
    return None


def _seconds_one_by_one(column: pa.ChunkedArray, path: Path, name: str) -> np.ndarray:
    unique = pc.dictionary_encode(column).combine_chunks()
    if isinstance(unique, pa.ChunkedArray):
        unique = unique.chunk(0)
    texts = unique.dictionary.to_pylist()
    values = np.array([_instant(text) for text in texts], np.float64)[unique.indices.to_numpy()]
    bad = np.isnan(values)
    if bad.any():
        row = int(bad.argmax())
        shown = f"“{column[row]}” is no time in seconds or RFC 3339" if column[row].as_py() else "the time is missing"
        raise InputError(shown, file=path, line=row_line(path, row), column=name)
    return values


def _instant(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _refuse(bad_N: np.ndarray, message: str, path: Path, name: str) -> None:
    if bad_N.any():
        raise InputError(message, file=path, line=row_line(path, int(bad_N.argmax())), column=name)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
