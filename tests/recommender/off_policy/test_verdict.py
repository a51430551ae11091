import numpy as np
import pytest

from recommender.errors import InputError
from recommender.off_policy import judge
from tests.recommender.off_policy.logs import RATES_A, log_of

UNIFORM, EAGER = np.full(4, 0.25), np.array([0.1, 0.1, 0.2, 0.6])


def verdict_on(seed, count, logging, judged):
    log = log_of(seed, count, logging, judged)
    return judge(log.weights_N, log.reward_N)


def test_a_log_that_can_tell_gives_an_interval_that_covers_the_truth():
    truth, covered = float(EAGER @ RATES_A), 0
    for seed in range(60):
        verdict = verdict_on(seed, 4000, UNIFORM, EAGER)
        assert verdict.decides and verdict.more_needed == 0
        covered += verdict.interval[0] <= truth <= verdict.interval[1]
    assert covered >= 52


def test_too_small_a_log_gives_no_figure_and_says_how_much_more_it_needs():
    verdict = verdict_on(0, 500, UNIFORM, EAGER)
    assert not verdict.decides and verdict.reason == "little_data"
    assert verdict.value is verdict.interval is None
    assert verdict_on(1, int(1.1 * (500 + verdict.more_needed)), UNIFORM, EAGER).decides


def test_a_policy_far_from_the_logged_one_needs_more():
    sharp = np.array([0.01, 0.01, 0.01, 0.97])
    assert verdict_on(0, 500, UNIFORM, sharp).more_needed > verdict_on(0, 500, UNIFORM, EAGER).more_needed


def test_what_was_never_shown_cannot_be_judged_by_any_amount_of_the_same_data():
    verdict = verdict_on(0, 50_000, [0.4, 0.3, 0.3, 0.0], EAGER)
    assert verdict.reason == "not_covered" and verdict.more_needed is None and verdict.value is None


def test_an_empty_log_needs_at_least_the_smallest_sample():
    verdict = judge(np.array([]), np.array([]))
    assert verdict.reason == "little_data" and verdict.more_needed == 1000


@pytest.mark.parametrize(
    ("weights", "rewards"), [([1.0, 2.0], [1.0]), ([-1.0], [0.0]), ([np.inf], [0.0]), ([1.0], [np.nan])]
)
def test_weights_must_be_weights(weights, rewards):
    with pytest.raises(InputError):
        judge(np.array(weights), np.array(rewards))
