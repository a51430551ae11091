"""A stranger's file read in a process of its own: the same rows, and limits that end the reader alone."""

import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.catalog.feeds import feed_rows, feed_rows_apart
from dashboard.catalog.feeds import formats as feeds
from dashboard.core import errors
from dashboard.core.rows import wire
from dashboard.core.rows.apart import ReadingLimits
from dashboard.core.verdicts import Rejection


def told(rows):
    return [
        (line, (row.code, row.words, row.values, row.thing) if isinstance(row, Rejection) else row)
        for line, row in rows
    ]


def sent(rows):
    return wire.rows_of(io.BytesIO(b"".join(wire.frames(iter(rows)))).read)


@pytest.mark.parametrize(
    "value",
    [
        "tea",
        "茶",
        "\udce9",
        "",
        7,
        -(2**70),
        2**64,
        1.5,
        True,
        None,
        Decimal("12.50"),
        ["a", "\ud83d"],
        {"a": {"b": 2}},
    ],
    ids=ascii,
)
def test_a_value_arrives_as_what_it_was(value):
    ((line, row),) = sent([(3, {"item_id": "a", "value": value})])
    assert (line, row) == (3, {"item_id": "a", "value": value})
    assert type(row["value"]) is type(value)


def test_rows_of_several_frames_arrive_in_their_order_with_their_rejections(monkeypatch):
    monkeypatch.setattr(wire, "FRAME_ROWS", 2)
    bad = Rejection("missing_field", "%(field)s is missing.", thing="b", field="price")
    rows = [(1, {"item_id": "a"}), (2, bad), (5, {"item_id": "c"})]
    assert told(sent(rows)) == told(rows)


def test_a_row_of_more_than_a_mebibyte_is_refused_by_its_name():
    ((_, row),) = sent([(1, {"item_id": "a", "title": "x" * 1_100_000})])
    assert (row.code, row.thing) == ("row_too_large", "a")


def test_rows_that_end_without_a_word_are_no_whole_file():
    with pytest.raises(EOFError):
        list(wire.rows_of(io.BytesIO(next(wire.frames(iter([(1, {"item_id": "a"})])))).read))


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            pq.write_table(pa.table(content), path, compression="zstd")
        return path

    return write


@pytest.mark.parametrize(
    ("name", "form", "content"),
    [
        ("a.csv", "csv", 'item_id,price,title\na,12.50,"Té"\nb,cheap,\n"c\n'.encode()),
        ("a.jsonl", "jsonl", b'{"item_id": "a", "price": 1e3, "attributes": {"size": 42}}\n{"item_id": \n'),
        ("a.parquet", "parquet", {"item_id": ["a", "b"], "price": [1.5, None], "categories": [["K"], []]}),
    ],
)
def test_a_feed_is_read_alike_here_and_apart(file, name, form, content):
    path = file(name, content)
    assert told(feed_rows_apart(path, form)) == told(feed_rows(path, form))


def test_what_is_wrong_with_the_whole_file_is_said_in_the_same_words(file):
    with pytest.raises(errors.Invalid, match="not a sound Parquet file"):
        list(feed_rows_apart(file("a.parquet", b"PAR1 and nothing more"), "parquet"))


def test_a_small_file_that_wants_more_memory_than_it_may_is_refused_in_words(file):
    """Every text has one letter of four bytes, so Python takes four for each."""
    path = file("a.parquet", {"item_id": pa.array(["😀" + "x" * 100_000] * 2000)})
    assert path.stat().st_size < 20_000
    with pytest.raises(errors.TooLarge, match="takes more than 1024 MiB of memory"):
        list(feed_rows_apart(path, "parquet"))


def test_a_file_that_takes_too_long_is_refused_in_words(file, monkeypatch):
    monkeypatch.setattr(feeds, "READING", ReadingLimits(cpu_seconds=1))
    path = file("a.csv", b"item_id,price\n" + b"a,1\n" * 2_000_000)
    with pytest.raises(errors.TooLarge, match="more than 1 seconds of computing"):
        for _ in feed_rows_apart(path, "csv"):
            pass


def test_a_reader_knows_none_of_our_secrets_and_ends_with_whoever_asked(file, monkeypatch):
    started = []
    real = feeds.rows_apart.__globals__["subprocess"].Popen

    def start(*arguments, **options):
        started.append((real(*arguments, **options), options["env"]))
        return started[-1][0]

    monkeypatch.setattr("dashboard.core.rows.apart.subprocess.Popen", start)
    rows = feed_rows_apart(file("a.csv", b"item_id,price\n" + b"a,1\n" * 500_000), "csv")
    next(rows)
    rows.close()
    ((process, environment),) = started
    assert process.returncode is not None
    assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} & set(environment)
