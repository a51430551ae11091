"""How visitors moved between segments, month by month, as the segments of an artifact see it.

What a visitor belonged to at the end of a month is what the artifact makes of the history until then. So months are
compared by one and the same division, and the past is told from the first artifact on.
"""

from datetime import UTC, datetime

import numpy as np

from recommender.data.histories import Histories
from recommender.interests.model import SegmentModel
from recommender.interests.space import InterestSpace
from recommender.models.factors import Factors

MONTHS = 12
NEWCOMER = 0  # in place of a segment's number: nothing was known of the visitor before
BATCH = 100_000  # visitors: 200 MB


def moves_of(histories: Histories, factors: Factors, space: InterestSpace, segments: SegmentModel) -> list[list[int]]:
    """Of each visitor `month, number before, number then` for every one of the last MONTHS in which they did something,
    oldest first, all in one list. A month is written as 12 · year + month − 1, in UTC."""
    moves: list[list[int]] = [[] for _ in range(len(histories))]
    month_N = _months(histories.seconds_N)
    for month in range(int(month_N.max(initial=0)) - MONTHS + 1, int(month_N.max(initial=-1)) + 1):
        active_B = np.unique(histories.rows_N[month_N == month])
        for begin in range(0, len(active_B), BATCH):
            rows_B = active_B[begin : begin + BATCH]
            part = histories.take(rows_B)
            part_month_N = _months(part.seconds_N)
            before_B, then_B = (
                _numbers(part.where(part_month_N < end), factors, space, segments) for end in (month, month + 1)
            )
            for row, before, then in zip(rows_B.tolist(), before_B.tolist(), then_B.tolist(), strict=True):
                moves[row] += [month, before, then]
    return moves


def _numbers(histories: Histories, factors: Factors, space: InterestSpace, segments: SegmentModel) -> np.ndarray:
    likeliest_B = segments.memberships(space.transform(factors.vectors(histories))).argmax(axis=1)
    return np.where(histories.lengths_B > 0, segments.numbers_K[likeliest_B], NEWCOMER)


def _months(seconds_N: np.ndarray) -> np.ndarray:
    """int64 (N,): 12 · year + month − 1."""
    months: np.ndarray = seconds_N.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return months + 12 * datetime.fromtimestamp(0, UTC).year
