"""Every format holds the same interactions, and a file that cannot be read is refused by name and line."""

import csv
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.data.files import read_table
from recommender.data.interactions import read_interactions
from recommender.errors import InputError

HEADER = ("visitor_id", "item_id", "timestamp")
ROWS = [("Zoë", "mug, “large”", "100"), ("Zoë", 'lamp "A"', "200"), ("42", "🎄", "300")]


def delimited(path, delimiter):
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([HEADER, *ROWS])


def write(path):
    if path.suffix == ".parquet":
        columns = dict(zip(HEADER, zip(*ROWS, strict=True), strict=True))
        pq.write_table(pa.table({**columns, "timestamp": [float(second) for second in columns["timestamp"]]}), path)
    elif ".jsonl" in path.name or ".ndjson" in path.name:
        text = "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS)
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    else:
        delimited(path, "\t" if ".tsv" in path.name else ",")


def refused(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        read_interactions(path)
    assert str(caught.value).startswith(str(path))
    return caught.value


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "tsv", "tsv.gz", "jsonl", "jsonl.gz", "ndjson", "parquet", "CSV"])
def test_ids_with_commas_quotes_and_emoji_survive_every_format(tmp_path, ending):
    path = tmp_path / f"interactions.{ending}"
    write(path)
    read = read_interactions(path)
    found = zip(read.visitor_ids[read.visitor_N], read.item_ids[read.item_N], read.seconds_N.tolist(), strict=True)
    assert list(found) == [(visitor, item, float(second)) for visitor, item, second in ROWS]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffvisitor_id,item_id,timestamp\nann,mug,1\n",  # what Excel writes first
        "visitor_id,item_id,timestamp\r\nann,mug,1\r\n",
        "\n visitor_id , item_id , timestamp \n ann , mug , 1 \n",
        '"item_id","timestamp","visitor_id"\n"mug","1","ann"',
    ],
)
def test_what_spreadsheets_do_to_a_csv_changes_nothing(tmp_path, content):
    path = tmp_path / "interactions.csv"
    path.write_text(content)
    read = read_interactions(path)
    assert (read.visitor_ids.tolist(), read.item_ids.tolist(), read.seconds_N.tolist()) == (["ann"], ["mug"], [1.0])


def test_ids_of_digits_keep_their_leading_zeros(tmp_path):
    path = tmp_path / "interactions.csv"
    path.write_text("\nvisitor_id,item_id,timestamp\n007,0042,1\n")
    read = read_interactions(path)
    assert (read.visitor_ids.tolist(), read.item_ids.tolist()) == (["007"], ["0042"])


def test_whole_floats_of_pandas_are_the_ids_they_were(tmp_path):
    path = tmp_path / "interactions.parquet"
    columns = {"visitor_id": [7.0, None], "item_id": [42.0, float("nan")], "timestamp": [1, 2]}
    pq.write_table(pa.table(columns), path)
    assert read_interactions(path).item_ids.tolist() == ["42"]


def test_floats_too_large_for_whole_numbers_stay_apart(tmp_path):
    path = tmp_path / "interactions.parquet"
    columns = {"visitor_id": [1, 2], "item_id": [1e300, float("inf")], "timestamp": [1, 2]}
    pq.write_table(pa.table(columns), path)
    assert len(read_interactions(path).item_ids) == 2


def test_categories_of_pandas_are_read(tmp_path):
    path = tmp_path / "interactions.parquet"
    columns = {"visitor_id": ["ann", "bob"], "item_id": ["mug", "mug"], "timestamp": ["1970-01-02", "5"]}
    pq.write_table(pa.table({name: pa.array(values).dictionary_encode() for name, values in columns.items()}), path)
    read = read_interactions(path)
    assert read.item_ids.tolist() == ["mug"] and read.seconds_N.tolist() == [86400.0, 5.0]


def test_a_folder_called_like_a_column_adds_no_column(tmp_path):
    path = tmp_path / "visitor_id=bob" / "interactions.parquet"
    path.parent.mkdir()
    write(path)
    assert read_interactions(path).visitor_ids.tolist() == ["Zoë", "42"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", "", "is empty"),
        ("header.csv", "visitor_id,item_id,timestamp\n", "no rows"),
        ("blank.jsonl", "\n\n", "no rows"),
        ("events.xml", "<a/>", "unknown format"),
        ("semicolons.csv", "visitor_id;item_id;timestamp\na;b;1\n", "missing; found visitor_id;item_id;timestamp"),
        ("latin.csv", b"visitor_id,item_id,timestamp\nann,caf\xe9,1\n", "line 2: is no UTF-8 text"),
        ("twice.csv", "visitor_id,item_id,item_id,timestamp\na,b,c,1\n", "line 1, column “item_id”"),
        ("short.csv", "visitor_id,item_id,timestamp\na,b,1\na,b\n", "line 3: has 2 columns, the header has 3"),
        ("long.tsv", "visitor_id\titem_id\ttimestamp\na\tb\t1\tx\n", "line 2: has 4 columns, the header has 3"),
        ("plain.csv.gz", "visitor_id,item_id,timestamp\na,b,1\n", "cannot be read"),
        ("zeros.csv", b"\x00" * 50, "cannot be read"),
        ("torn.parquet", b"PAR1", "cannot be read"),
        ("torn.jsonl", '{"visitor_id": "a"}\n{"visitor_id"', "line 2: not JSON"),
        ("deep.jsonl", "[" * 50_000, "line 1: not JSON"),
        ("lists.jsonl", "[1]\n", "line 1: each line must be a JSON object"),
        ("half.jsonl", '{"visitor_id": "\\ud83d", "item_id": "b", "timestamp": 1}', "line 1: holds half a character"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, name, content, says):
    assert says in str(refused(tmp_path / name, content))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv: there is no such file"):
        read_interactions(tmp_path / "gone.csv")


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_gzip_is_refused(tmp_path, damage):
    packed = bytearray(gzip.compress(("visitor_id,item_id,timestamp\n" + "ann,mug,1\n" * 1000).encode()))
    if damage == "cut":
        del packed[-20:]
    else:
        packed[20] ^= 255
        packed[25] ^= 255
    assert "cannot be read" in str(refused(tmp_path / "interactions.csv.gz", bytes(packed)))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("timestamp", pa.array([[1], [2]])),
        ("timestamp", pa.array([1, 2], pa.time32("s"))),
        ("item_id", pa.array([{"id": 1}, {"id": 2}])),
        ("item_id", pa.array([b"\xff", b"mug"])),
        ("value", pa.array([[1], [2]])),
    ],
)
def test_a_parquet_column_of_another_kind_is_refused_by_name(tmp_path, column, values):
    path = tmp_path / "interactions.parquet"
    columns = {"visitor_id": ["ann", "bob"], "item_id": ["mug", "lamp"], "timestamp": [1, 2]}
    pq.write_table(pa.table({**columns, column: values}), path)
    with pytest.raises(InputError, match=f"column “{column}”: holds .* which cannot be read as"):
        read_interactions(path)


def test_json_lines_are_the_same_in_pieces(tmp_path, monkeypatch):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"a": "1"}\n{"a": "2", "b": ["x", "y"]}\n{"c": null}\n{"b": 3}\n')
    whole = read_table(file)
    monkeypatch.setattr("recommender.data.files.JSON_ROWS", 1)
    assert read_table(file).to_pydict() == whole.to_pydict()
    assert whole.column_names == ["a", "b", "c"]
