"""A visitor's moves are what the same artifact makes of the history as it was at the ends of months."""

from datetime import UTC, datetime

import numpy as np
import pytest

from recommender.data.histories import Histories
from recommender.interests.model import SegmentModel
from recommender.interests.space import InterestSpace
from recommender.models.factors import Factors, FactorsConfig
from recommender.training.movement import MONTHS, NEWCOMER, moves_of


def month(year, number):
    return 12 * year + number - 1


def seconds(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture
def learned():
    """Item 0 is of segment 7, item 1 of segment 3."""
    arrays = {"idf_I": np.ones(2), "factors_ID": np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)}
    factors = Factors.from_arrays(FactorsConfig(), arrays)
    space = InterestSpace(np.array([0.5, 0.5], np.float32), np.eye(2, dtype=np.float32), np.ones(2))
    means_KP = np.array([[0.7, -0.7], [-0.7, 0.7]])
    segments = SegmentModel(
        weights_K=np.array([0.5, 0.5]),
        means_KP=means_KP,
        precisions_cholesky_KPP=np.tile(np.eye(2) * 5, (2, 1, 1)),
        numbers_K=np.array([7, 3]),
        map_P2=np.eye(2),
        anchors_K2=means_KP,
        report=[],
    )
    return factors, space, segments


def history(*rows):
    """Each row: (item, moment) …, oldest first."""
    flat = [entry for row in rows for entry in row]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    items_N, moments = np.array([item for item, _ in flat], np.int32), [seconds(at) for _, at in flat]
    return Histories(starts, items_N, np.array(moments, float), np.ones(len(flat), np.float32))


def test_who_takes_to_another_interest_moves_in_that_month(learned):
    mover = [(0, "2026-09-30T23:59:00"), *[(1, f"2026-11-0{day}") for day in range(1, 6)]]
    stayer = [(1, "2026-10-01T00:00:00"), (1, "2026-11-30")]
    assert moves_of(history(mover, stayer), *learned) == [
        [month(2026, 9), NEWCOMER, 7, month(2026, 11), 7, 3],
        [month(2026, 10), NEWCOMER, 3, month(2026, 11), 3, 3],
    ]


def test_only_the_last_year_is_told_and_what_was_before_counts_as_history(learned):
    old = [(0, "2024-01-05"), (0, "2026-11-05")]
    silent = [(1, "2024-01-05")]
    assert moves_of(history(old, silent), *learned) == [[month(2026, 11), 7, 7], []]
    assert MONTHS == 12


def test_nobody_moves_where_nothing_is_known(learned):
    assert moves_of(history(), *learned) == []
