"""Long answers: so many at once, so long at most, and a turn that is given back however the reader ends."""

import gc
import itertools

import pytest

from dashboard.core import errors, streams
from dashboard.core.streams import LongAnswer


@pytest.fixture(autouse=True)
def none_open(monkeypatch):
    monkeypatch.setattr(streams, "_open", streams._Open())


def endless():
    return (b"x" * streams.BLOCK_BYTES for _ in itertools.count())


def test_a_shop_has_one_and_a_process_two():
    first, second = LongAnswer(1, endless()), LongAnswer(2, endless())
    for shop_id in (1, 3):
        with pytest.raises(errors.TooMany):
            LongAnswer(shop_id, [])
    first.close()
    first.close()
    third = LongAnswer(3, endless())
    with pytest.raises(errors.TooMany):
        LongAnswer(1, [])
    second.close()
    third.close()


def test_what_is_read_to_its_end_makes_room():
    assert b"".join(LongAnswer(1, ["é\n", b"b\n"])) == "é\nb\n".encode()
    assert list(LongAnswer(1, [])) == []


def test_what_fails_makes_room():
    with pytest.raises(ZeroDivisionError):
        list(LongAnswer(1, (1 // 0 for _ in "x")))
    LongAnswer(1, []).close()


def test_what_nobody_ever_read_makes_room():
    LongAnswer(1, endless())
    gc.collect()
    LongAnswer(1, []).close()


def test_a_reader_who_takes_too_long_is_cut_off(monkeypatch):
    monkeypatch.setattr(streams, "MOST_SECONDS", 0.0)
    with pytest.raises(TimeoutError):
        next(LongAnswer(1, endless()))
    LongAnswer(1, []).close()


def test_rows_are_sent_in_blocks(monkeypatch):
    monkeypatch.setattr(streams, "BLOCK_BYTES", 4)
    assert list(LongAnswer(1, [b"ab", b"cd", b"e"])) == [b"abcd", b"e"]
