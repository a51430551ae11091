"""Place by place: the range holds what the slates without chance really earn, where other estimators have no sample."""

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.off_policy import PlaceLog, change_by_places

ITEMS, PLACES = 12, 6
APPEAL = np.linspace(0.5, 0.04, ITEMS)
ATTENTION = 0.9 ** np.arange(PLACES)


def walked(slates, rng):
    """(scores (N, C), shown (N, K), propensities): drawn by scores that only roughly follow the appeal."""
    scores_NC = APPEAL * np.exp(rng.normal(0.0, 0.4, (slates, ITEMS)))
    odds_NC = np.exp(6.0 * scores_NC)
    shown_NK, chance_NK = np.zeros((slates, PLACES), int), np.zeros((slates, PLACES))
    rows = np.arange(slates)
    for place in range(PLACES):
        cumulated_NC = (odds_NC / odds_NC.sum(axis=1, keepdims=True)).cumsum(axis=1)
        drawn_N = np.minimum((cumulated_NC <= rng.random((slates, 1))).sum(axis=1), ITEMS - 1)
        shown_NK[:, place] = drawn_N
        chance_NK[:, place] = odds_NC[rows, drawn_N] / odds_NC.sum(axis=1)
        odds_NC[rows, drawn_N] = 0.0
    return scores_NC, shown_NK, chance_NK


def logged(slates, rng):
    """A log, and what the slates without chance would have earned more, on average."""
    scores_NC, shown_NK, chance_NK = walked(slates, rng)
    best_NK = np.argsort(-scores_NC, axis=1)[:, :PLACES]
    is_at_NKP = best_NK[:, :, None] == shown_NK[:, None, :]
    is_above_KP = np.arange(PLACES)[None, :] < np.arange(PLACES)[:, None]
    log = PlaceLog(
        reward_NK=(rng.random(shown_NK.shape) < APPEAL[shown_NK] * ATTENTION).astype(float),
        logged_NK=chance_NK,
        is_same_NK=best_NK == shown_NK,
        is_left_NK=~(is_at_NKP & is_above_KP).any(axis=2),
        score_NK=np.take_along_axis(scores_NC, shown_NK, axis=1),
        other_score_NK=np.take_along_axis(scores_NC, best_NK, axis=1),
        unit_N=np.arange(slates) // 2,
    )
    truth = ((APPEAL[best_NK] - APPEAL[shown_NK]) * ATTENTION).sum(axis=1).mean()
    return log, float(truth)


def test_the_range_holds_the_truth_about_nineteen_times_in_twenty():
    rng = np.random.default_rng(3)
    runs = [(change_by_places(log), truth) for log, truth in (logged(400, rng) for _ in range(300))]
    held = np.mean([found.interval[0] < truth < found.interval[1] for found, truth in runs])
    errors = np.array([found.value - truth for found, truth in runs])
    assert 0.92 <= held <= 0.98
    assert abs(errors.mean()) < 3 * errors.std() / np.sqrt(len(errors)) + 0.01 * np.mean([truth for _, truth in runs])


def test_every_place_has_a_sample_where_hardly_a_slate_is_the_others_whole():
    log, _ = logged(400, np.random.default_rng(5))
    assert log.is_same_NK.all(axis=1).mean() < 0.01
    assert log.effective > 20


def test_slates_that_are_the_others_earn_the_same():
    log, _ = logged(50, np.random.default_rng(1))
    certain = np.ones_like(log.logged_NK)
    same = PlaceLog(log.reward_NK, certain, certain > 0, certain > 0, log.score_NK, log.score_NK, log.unit_N)
    found = change_by_places(same)
    assert (found.value, found.interval) == (pytest.approx(0.0), pytest.approx((0.0, 0.0)))


def test_slates_may_be_shorter_than_others():
    log, _ = logged(60, np.random.default_rng(2))
    reward_NK = log.reward_NK.copy()
    reward_NK[::2, 4:] = np.nan
    columns = {**vars(log), "reward_NK": reward_NK, "score_NK": np.where(np.isnan(reward_NK), np.nan, log.score_NK)}
    assert np.isfinite(change_by_places(PlaceLog(**columns)).value)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("logged_NK", np.zeros((4, 2)), "logged: must be probabilities"),
        ("is_left_NK", np.ones((4, 3), bool), "is_left: must have an entry"),
        ("unit_N", np.arange(3), "unit: must have one entry"),
        ("reward_NK", np.zeros((1, 2)), "reward: at least two slates"),
    ],
)
def test_a_log_that_cannot_be_read_names_the_field(field, value, message):
    same = np.ones((4, 2), bool)
    columns = {
        "reward_NK": np.zeros((4, 2)),
        "logged_NK": np.ones((4, 2)),
        "is_same_NK": same,
        "is_left_NK": same,
        "score_NK": np.zeros((4, 2)),
        "other_score_NK": np.zeros((4, 2)),
        "unit_N": np.arange(4),
    }
    with pytest.raises(InputError, match=message):
        PlaceLog(**{**columns, field: value})
