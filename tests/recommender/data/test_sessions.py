"""Where sessions begin, and sessions as visitors of their own."""

import numpy as np

from recommender.data.sessions import by_session, session_numbers, session_starts
from tests.recommender.made import dataset_of, lists_of

HALF_HOUR = 1800
ROWS = [
    ("ann", "mug", "view_item", 0),
    ("ann", "lamp", "view_item", HALF_HOUR),
    ("ann", "rug", "purchase", 2 * HALF_HOUR + 1),
    ("ben", "mug", "view_item", 2 * HALF_HOUR + 2),
]


def test_a_session_ends_after_more_than_half_an_hour_and_with_its_visitor():
    assert session_starts(dataset_of(ROWS).histories).tolist() == [True, False, True, True]
    assert session_numbers(dataset_of(ROWS).histories).tolist() == [0, 0, 1, 2]


def test_the_pause_can_be_chosen():
    assert session_starts(dataset_of(ROWS).histories, gap_seconds=HALF_HOUR + 1).tolist() == [True, False, False, True]


def test_sessions_become_visitors_with_what_was_done_in_them():
    dataset = dataset_of(ROWS)
    sessions = by_session(dataset)
    assert sessions.visitor_ids.tolist() == ["ann#1", "ann#2", "ben#1"]
    assert [len(row) for row in lists_of(sessions.histories)] == [2, 1, 1]
    assert sessions.histories.items_N.tolist() == dataset.histories.items_N.tolist()


def test_nothing_has_no_sessions():
    histories = dataset_of(ROWS).histories.take(np.arange(0))
    assert session_starts(histories).tolist() == []
