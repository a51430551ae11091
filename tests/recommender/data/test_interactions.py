"""Times, event types and missing values of interactions; what is wrong is named by line and column."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.data import columns
from recommender.data.events import EVENT_TYPES
from recommender.data.interactions import read_interactions
from recommender.errors import InputError

HEADER = "visitor_id,item_id,timestamp"


def csv_of(tmp_path, *rows, header=HEADER):
    path = tmp_path / "interactions.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def refusal(path):
    with pytest.raises(InputError) as caught:
        read_interactions(path)
    return caught.value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1700000000", 1_700_000_000),
        ("1700000000.25", 1_700_000_000.25),
        ("1.7e9", 1_700_000_000),
        ("-86400", -86_400),
        ("2023-11-14T22:13:20Z", 1_700_000_000),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000),
        ("2023-11-14 22:13:20.5", 1_700_000_000.5),
        ("1970-01-03", 172_800),
    ],
)
def test_times_are_seconds_or_rfc_3339(tmp_path, text, seconds):
    assert read_interactions(csv_of(tmp_path, f"ann,mug,{text}")).seconds_N.tolist() == [seconds]


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        (pa.array([1_700_000_000_250], pa.timestamp("ms")), 1_700_000_000.25),
        (pa.array([1_700_000_000], pa.timestamp("s", tz="Asia/Shanghai")), 1_700_000_000),
        (pa.array([2], pa.date32()), 172_800),
        (pa.array([5], pa.int32()), 5),
        (pa.array(["1970-01-03"]), 172_800),
    ],
)
def test_times_of_parquet_keep_their_instant(tmp_path, times, seconds):
    path = tmp_path / "interactions.parquet"
    pq.write_table(pa.table({"visitor_id": ["ann"], "item_id": ["mug"], "timestamp": times}), path)
    assert read_interactions(path).seconds_N.tolist() == [seconds]


@pytest.mark.parametrize("bad", ["yesterday", "2023-13-01", "", "nan", "inf", "1700000000000"])
def test_a_bad_time_is_named_by_line_and_column(tmp_path, bad):
    error = refusal(csv_of(tmp_path, "ann,mug,1", "ann,lamp,2", f"bob,mug,{bad}", "bob,lamp,9"))
    assert (error.line, error.column) == (4, "timestamp")


@pytest.mark.parametrize("times", [pa.array([1, None], pa.date32()), pa.array([1.0, float("nan")]), [None, None]])
def test_a_missing_time_of_parquet_is_refused(tmp_path, times):
    path = tmp_path / "interactions.parquet"
    pq.write_table(pa.table({"visitor_id": ["ann", "bob"], "item_id": ["mug", "lamp"], "timestamp": times}), path)
    assert "the time is missing" in str(refusal(path))


@pytest.mark.parametrize(
    ("times", "named"), [([1_700_000_000 * 10**9], "no time in seconds"), ([True], "holds bool, which cannot be read")]
)
def test_numbers_of_parquet_that_are_no_seconds_are_refused(tmp_path, times, named):
    path = tmp_path / "interactions.parquet"
    pq.write_table(pa.table({"visitor_id": ["ann"], "item_id": ["mug"], "timestamp": times}), path)
    assert named in str(refusal(path))


def test_the_line_counts_empty_lines_and_lines_within_quotes(tmp_path):
    error = refusal(csv_of(tmp_path, 'ann,"a mug,\nlarge",1', "", "", "bob,lamp,soon"))
    assert error.line == 6


def test_the_line_counts_the_lines_of_a_long_header(tmp_path):
    path = csv_of(tmp_path, "ann,mug,1,x", "bob,mug,soon,x", header=HEADER + ',"a\nnote"')
    assert refusal(path).line == 4


def test_the_line_of_json_lines_counts_empty_ones(tmp_path):
    path = tmp_path / "interactions.jsonl"
    row = {"visitor_id": "ann", "item_id": "mug", "timestamp": 1}
    path.write_text("\n".join([json.dumps(row), "", json.dumps({**row, "timestamp": "soon"})]))
    assert refusal(path).line == 3


@pytest.mark.parametrize("missing", ["visitor_id", "item_id", "timestamp"])
def test_a_missing_column_is_named_with_those_that_were_found(tmp_path, missing):
    header = HEADER.replace(missing, "something")
    error = refusal(csv_of(tmp_path, "a,b,1", header=header))
    assert error.column == missing and "something" in str(error)


def test_rows_without_an_id_are_left_out_with_a_notice_that_names_the_first(tmp_path):
    read = read_interactions(csv_of(tmp_path, "ann,mug,1", "ann,,2", ",mug,3", "  ,mug,4", "bob,mug,5"))
    assert read.visitor_ids[read.visitor_N].tolist() == ["ann", "bob"]
    assert [notice.split(": ", 1)[1] for notice in read.notices] == [
        "left out 3 rows without a visitor or an item (the first is line 3)"
    ]


def test_a_file_in_which_nothing_counts_is_refused(tmp_path):
    path = csv_of(tmp_path, "ann,mug,1,search", "bob,mug,1,view_item_list", header=HEADER + ",event_type")
    assert "no usable interaction" in str(refusal(path))


def test_event_types_are_read_with_their_aliases_and_an_empty_one_is_a_view(tmp_path):
    types = ["view_item", "", "transaction", "addtocart", "refund", "view"]
    rows = [f"ann,item-{place},{place},{name}" for place, name in enumerate(types)]
    read = read_interactions(csv_of(tmp_path, *rows, header=HEADER + ",event_type"))
    names = [EVENT_TYPES[code] for code in read.type_N]
    assert names == ["view_item", "view_item", "purchase", "add_to_cart", "refund", "view_item"]


def test_an_unknown_event_type_is_left_out_with_a_notice(tmp_path):
    path = csv_of(tmp_path, "ann,mug,1,stroked", "ann,lamp,2,view_item", header=HEADER + ",event_type")
    read = read_interactions(path)
    assert read.item_ids.tolist() == ["lamp"]
    assert read.notices == (f"{path}: ignored unknown event types: stroked",)


def test_impressions_and_searches_are_left_out_silently(tmp_path):
    path = csv_of(tmp_path, "ann,mug,1,view_item_list", "ann,lamp,2,view_item", header=HEADER + ",event_type")
    read = read_interactions(path)
    assert read.item_ids.tolist() == ["lamp"] and read.notices == ()


def test_unknown_columns_are_ignored_with_a_notice(tmp_path):
    read = read_interactions(csv_of(tmp_path, "ann,mug,1,red", header=HEADER + ",color"))
    assert len(read) == 1 and "ignored unknown columns: color" in read.notices[0]


def test_a_value_that_is_no_number_is_refused(tmp_path):
    error = refusal(csv_of(tmp_path, "ann,mug,1,", "ann,mug,2,cheap", header=HEADER + ",value"))
    assert (error.line, error.column) == (3, "value")


@pytest.mark.parametrize(
    ("texts", "together"),
    [
        (["1700000000", "1.7e9", "1700000000.25"], True),
        (["2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "2023-11-14 22:13:20.250Z"], True),
        (["2023-11-14T22:13:20", "2023-11-14 22:13:20", "2023-11-14T22:13:20.25"], True),
        (["2023-11-14", "2023-11-15", "2023-11-16"], True),
        (["1700000000", "2023-11-14T22:13:20Z", "2023-11-14T22:13:20"], False),
        (["1_700_000_000", "1700000000"], False),
    ],
)
def test_times_read_at_once_are_those_read_one_by_one(texts, together):
    column = pa.chunked_array([texts])
    at_once = columns._seconds_at_once(column)
    one_by_one = columns._seconds_one_by_one(column, None, "timestamp")
    assert (at_once is not None) == together
    if together:
        np.testing.assert_allclose(at_once, one_by_one, atol=1e-6)
