"""Work that is waited for only so long."""

import threading

import pytest

from dashboard.core.deadlines import within


def test_what_ends_in_time_is_answered():
    assert within(5, lambda: "there") == "there"


def test_what_hangs_is_given_up():
    with pytest.raises(TimeoutError, match=r"0\.05 s"):
        within(0.05, threading.Event().wait)


def test_what_fails_fails_for_whoever_waits():
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
