"""Lists for many visitors at once."""

import numpy as np

from recommender.data.histories import Histories
from recommender.serving.batch import BATCH, recommend_batches

VISITORS = BATCH + 9


def histories_of_many(items):
    rng = np.random.default_rng(5)
    lengths = rng.integers(0, 9, VISITORS)
    codes = rng.integers(0, items, lengths.sum()).astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return Histories(starts, codes, 60.0 * np.arange(len(codes)), np.ones(len(codes), np.float32))


def lists_of(model, histories, **options):
    """{visitor: ([item code], [score])}, best first."""
    found = {}
    for lists in recommend_batches(model, histories, 5, exclude_seen=True, **options):
        for row, code, score in zip(lists.rows_N.tolist(), lists.codes_N.tolist(), lists.scores_N, strict=True):
            codes, scores = found.setdefault(row, ([], []))
            codes.append(code)
            scores.append(float(score))
    return found


def test_everybody_gets_what_they_would_get_alone(model):
    histories = histories_of_many(len(model.item_ids))
    together = lists_of(model, histories)
    assert sorted(together) == list(range(VISITORS))
    for row in range(0, VISITORS, 6):
        codes, scores = lists_of(model, histories.take(np.array([row])))[0]
        np.testing.assert_allclose(scores, together[row][1], rtol=1e-4)
        ties = np.isclose(np.diff(scores), 0, rtol=1e-3).any()
        assert codes == together[row][0] or ties


def test_the_same_lists_come_out_again(model):
    histories = histories_of_many(len(model.item_ids))
    assert lists_of(model, histories) == lists_of(model, histories)


def test_nobody_is_shown_what_they_have_seen(model):
    histories = histories_of_many(len(model.item_ids))
    seen = {(row, code) for row, code in zip(histories.rows_N.tolist(), histories.items_N.tolist(), strict=True)}
    assert not seen & {(row, code) for row, (codes, _) in lists_of(model, histories).items() for code in codes}
