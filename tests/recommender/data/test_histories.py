"""The ragged arrays behave as lists of lists would."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.data.histories import Histories, concatenate
from tests.recommender.made import lists_of

ITEMS = 7
EVENT = st.tuples(st.integers(0, ITEMS - 1), st.integers(0, 9), st.sampled_from([1.0, 2.0, 3.0]))
ROWS = st.lists(st.lists(EVENT, max_size=6).map(lambda row: sorted(row, key=lambda event: event[1])), max_size=5)
quick = settings(max_examples=60)


def histories(rows):
    events = np.array([event for row in rows for event in row]).reshape(-1, 3)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return Histories(starts, events[:, 0].astype(np.int32), events[:, 1], events[:, 2].astype(np.float32))


@quick
@given(ROWS, st.data())
def test_take_takes_rows_in_the_order_given(rows, data):
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=6)) if rows else []
    assert lists_of(histories(rows).take(np.array(chosen, int))) == [rows[row] for row in chosen]


@quick
@given(ROWS, st.integers(0, ITEMS))
def test_where_keeps_all_rows_and_only_some_positions(rows, limit):
    kept = histories(rows).where(histories(rows).items_N < limit)
    assert lists_of(kept) == [[event for event in row if event[0] < limit] for row in rows]


@quick
@given(ROWS, st.integers(1, 7))
def test_last_keeps_the_newest(rows, length):
    assert lists_of(histories(rows).last(length)) == [row[-length:] for row in rows]


@quick
@given(st.lists(st.tuples(*2 * [ROWS.map(lambda rows: rows[0] if rows else [])]), max_size=5))
def test_concatenate_merges_each_row_by_time(pairs):
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    expected = [sorted(a + b, key=lambda event: event[1]) for a, b in pairs]
    assert lists_of(concatenate(histories(first), histories(second))) == expected


@quick
@given(ROWS, st.integers(1, 7))
def test_padded_codes_start_at_one_and_zeros_stand_after_the_end(rows, length):
    recent = [[item + 1 for item, _, _ in row[-length:]] for row in rows]
    width = max([len(row) for row in recent] + [1])
    assert histories(rows).padded_BL(length).tolist() == [row + [0] * (width - len(row)) for row in recent]


@quick
@given(ROWS)
def test_ages_count_from_the_newest(rows):
    assert histories(rows).ages_N.tolist() == [age for row in rows for age in reversed(range(len(row)))]


@quick
@given(ROWS)
def test_the_matrix_adds_up_repeated_items(rows):
    expected = np.zeros((len(rows), ITEMS), np.float32)
    for number, row in enumerate(rows):
        for item, _, weight in row:
            expected[number, item] += weight
    assert histories(rows).matrix_BI(ITEMS).toarray().tolist() == expected.tolist()


def test_making_a_matrix_leaves_the_histories_alone():
    before = [[(3, 1.0, 1.0), (2, 2.0, 1.0), (3, 3.0, 2.0)]]
    made = histories(before)
    made.matrix_BI(ITEMS)
    assert lists_of(made) == before


def test_a_single_history_is_one_row():
    one = Histories.single(np.array([4, 2]), np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    assert lists_of(one) == [[(4, 1.0, 1.0), (2, 2.0, 3.0)]]
