"""Whatever a file holds, its rows come one at a time, bad ones named by their line, in bounded memory."""

import gzip
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.core import errors
from dashboard.core.rows import csv_rows, jsonl_rows, parquet_rows
from dashboard.core.rows import files as files_module
from dashboard.core.rows.lines import MAX_LINE_CHARACTERS
from dashboard.core.verdicts import Rejection


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(rows):
    """(what was read, by line; the codes of what was not, by line)."""
    found = list(rows)
    return (
        {line: row for line, row in found if not isinstance(row, Rejection)},
        {line: row.code for line, row in found if isinstance(row, Rejection)},
    )


def test_a_line_without_an_end_costs_only_itself(file):
    path = file("a.csv", "item_id\na\n" + "x" * (3 * MAX_LINE_CHARACTERS) + "\nb\n")
    assert read(csv_rows(path, ",")) == ({2: {"item_id": "a"}, 4: {"item_id": "b"}}, {3: "line_too_long"})


def test_a_cell_that_is_too_long_costs_only_its_line(file):
    path = file("a.csv", "item_id\n" + "x" * 1_000_001 + "\nb\n")
    assert read(csv_rows(path, ",")) == ({3: {"item_id": "b"}}, {2: "not_csv"})


def test_a_quote_that_is_never_closed_costs_only_its_line(file):
    path = file("a.csv", 'item_id,title\na,"open\nb,B\nc,C\n')
    rows, refused = read(csv_rows(path, ","))
    assert (list(rows), refused) == ([3, 4], {2: "unclosed_quote"})


def test_a_cell_may_have_lines(file):
    path = file("a.csv", 'item_id,title\na,"one\ntwo\r\nthree"\nb,B\n')
    rows, _ = read(csv_rows(path, ","))
    assert rows == {2: {"item_id": "a", "title": "one\ntwo\r\nthree"}, 5: {"item_id": "b", "title": "B"}}


def test_a_file_of_nothing_but_open_quotes_is_given_up(file, monkeypatch):
    monkeypatch.setattr("dashboard.core.rows.lines.MAX_LINES_READ_AGAIN", 5000)
    path = file("a.csv", "item_id\n" + 'a"b,"c\n' * 2000)
    with pytest.raises(errors.Invalid, match="never closed"):
        read(csv_rows(path, ","))


def test_byte_order_marks_and_the_unicode_text_of_spreadsheets_are_understood(file):
    expected = {2: {"item_id": "a", "title": "Müsli"}}
    table = "item_id\ttitle\r\na\tMüsli\r\n"
    assert read(csv_rows(file("a.tsv", table.encode("utf-8-sig")), "\t"))[0] == expected
    assert read(csv_rows(file("a.tsv", table.encode("utf-16")), "\t"))[0] == expected
    assert read(jsonl_rows(file("a.jsonl", '\ufeff{"item_id": "a"}')))[0] == {1: {"item_id": "a"}}


def test_utf_16_that_ends_in_the_middle_is_refused_with_its_line(file):
    with pytest.raises(errors.Invalid, match="Line 3"):
        read(csv_rows(file("a.tsv", "item_id\na\nb".encode("utf-16")[:-1]), "\t"))


def test_json_lines_are_bounded_and_judged_one_by_one(file):
    deep = "[" * 100_000
    lines = ['{"a": 1}', '{"a": "' + "x" * 1_100_000 + '"}', '{"a": ' + deep, '{"a": 2}']
    path = file("a.jsonl", "\n".join(lines).encode() + b'\n{"a": "\xff"}\n')
    assert read(jsonl_rows(path)) == (
        {1: {"a": 1}, 4: {"a": 2}},
        {2: "line_too_long", 3: "not_json", 5: "not_utf8"},
    )


def test_an_archive_that_unpacks_to_far_more_is_given_up(file, monkeypatch):
    monkeypatch.setattr(files_module, "EXPANSION_COUNTS_FROM_BYTES", 1_000_000)
    path = file("a.csv.gz", gzip.compress(b"item_id\n" + b"aaaaaaa\n" * 500_000))
    with pytest.raises(errors.TooLarge, match="unpacks"):
        read(csv_rows(path, ","))


def test_a_damaged_archive_is_named(file):
    whole = gzip.compress("\n".join(json.dumps({"a": number}) for number in range(50_000)).encode())
    with pytest.raises(errors.Invalid, match="damaged"):
        read(jsonl_rows(file("a.jsonl.gz", whole[: len(whole) // 2])))


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path, compression="zstd", dictionary_pagesize_limit=10_000_000)
    return path


def test_a_small_parquet_file_of_enormous_rows_is_refused_before_it_is_unpacked(tmp_path):
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 900_000])
    with pytest.raises(errors.TooLarge, match="MiB"):
        read(parquet_rows(parquet(tmp_path / "a.parquet", item_id=texts)))
    lists = pa.ListArray.from_arrays(
        pa.array([0, 100_000], pa.int32()), pa.DictionaryArray.from_arrays(pa.array([0] * 100_000), ["x" * 9000])
    )
    with pytest.raises(errors.TooLarge, match="MiB"):
        read(parquet_rows(parquet(tmp_path / "b.parquet", item_id=["a"], categories=lists)))


def test_parquet_that_is_nested_too_deep_is_refused(tmp_path):
    with pytest.raises(errors.Invalid, match="nested"):
        read(parquet_rows(parquet(tmp_path / "a.parquet", item_id=[[[[[[[[[[1]]]]]]]]]])))


def test_every_kind_of_column_is_read_from_parquet(tmp_path):
    path = parquet(
        tmp_path / "a.parquet",
        item_id=["a", "b"],
        categories=[["K", "M"], None],
        attributes=[{"x": "y"}, {"x": None}],
        price=[1.5, float("nan")],
        note=pa.array([None, None], pa.string()),
    )
    assert read(parquet_rows(path))[0] == {
        1: {"item_id": "a", "categories": ["K", "M"], "attributes": {"x": "y"}, "price": 1.5},
        2: {"item_id": "b", "attributes": {"x": None}},
    }


def peak_mib(rows):
    tracemalloc.start()
    try:
        count = sum(1 for _ in rows)
        return count, tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(file):
    def csv_of(rows):
        return file("a.csv", "item_id,title\n" + "".join(f"i{number},Item {number}\n" for number in range(rows)))

    count, small = peak_mib(csv_rows(csv_of(1000), ","))
    assert count == 1000
    count, large = peak_mib(csv_rows(csv_of(40_000), ","))
    assert count == 40_000
    assert large < small + 0.5  # the rows themselves would be some 5 MiB


@pytest.mark.slow
def test_a_million_rows_take_no_more_memory_than_a_thousand(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("w") as target:
        target.write("item_id,title\n")
        target.writelines(f"i{number},Item {number}\n" for number in range(1_000_000))
    assert peak_mib(csv_rows(path, ","))[1] < 2
