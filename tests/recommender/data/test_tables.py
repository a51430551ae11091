"""What is written is read again, and a failed write leaves nothing."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.data.files import read_table
from recommender.data.tables import write_table
from recommender.errors import InputError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=8)


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXT, st.integers(-9, 9)), min_size=1, max_size=5), st.sampled_from(["csv", "tsv", "jsonl"]))
def test_any_text_survives_writing_and_reading(rows, ending):
    texts, numbers = zip(*rows, strict=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{ending}"
        write_table(pa.table({"text": texts, "number": numbers}), path)
        table = read_table(path)
    assert table["text"].to_pylist() == list(texts)
    assert [int(number) for number in table["number"].to_pylist()] == list(numbers)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "tsv", "jsonl", "jsonl.gz", "parquet"])
def test_every_ending_can_be_written(tmp_path, ending):
    path = tmp_path / "new folder" / f"table.{ending}"
    write_table(pa.table({"item_id": ["mug"]}), path)
    assert read_table(path)["item_id"].to_pylist() == ["mug"]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_an_unknown_ending_writes_nothing(tmp_path):
    with pytest.raises(InputError, match="unknown format"):
        write_table(pa.table({"item_id": ["mug"]}), tmp_path / "table.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "table.jsonl"
    write_table(pa.table({"item_id": ["mug"]}), path)
    with pytest.raises(TypeError):
        write_table(pa.table({"item_id": [b"no JSON"]}), path)
    assert read_table(path)["item_id"].to_pylist() == ["mug"]
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
