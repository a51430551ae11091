import pytest

from recommender.errors import InputError
from recommender.statistics import (
    SRM_THRESHOLD,
    Moments,
    benjamini_hochberg,
    effective_visitors,
    guardrail,
    holm,
    srm_p,
)


def test_a_broken_split_is_noticed_and_a_fair_one_is_not():
    assert srm_p([5000, 5100], [0.5, 0.5]) > 0.05
    assert srm_p([5000, 5500], [1, 1]) < SRM_THRESHOLD
    assert srm_p([900, 100], [0.9, 0.1]) == 1.0


def test_an_arm_without_weight_takes_no_part():
    assert srm_p([5000, 0, 5100], [0.5, 0.0, 0.5]) == srm_p([5000, 5100], [0.5, 0.5])
    assert srm_p([0, 0], [0.5, 0.5]) == 1.0


@pytest.mark.parametrize("weights", [[0.5], [0, 0], [-1, 2]])
def test_weights_must_be_shares(weights):
    with pytest.raises(InputError, match="weights"):
        srm_p([1, 2], weights)


def test_benjamini_hochberg_by_hand():
    assert benjamini_hochberg([0.04, 0.01, 0.03, 0.5]) == pytest.approx([0.16 / 3, 0.04, 0.16 / 3, 0.5])


def test_adjustments_keep_the_order_and_never_lower_a_p_value():
    p_values = [0.2, 0.001, 0.9, 0.04, 0.04]
    for adjust in (benjamini_hochberg, holm):
        adjusted = adjust(p_values)
        assert all(after >= before for before, after in zip(p_values, adjusted, strict=True))
        assert max(adjusted) <= 1.0 and adjusted[3] == adjusted[4]
        assert adjust([]) == []


@pytest.mark.parametrize(
    ("ci", "state"),
    [
        ((-0.01, 0.05), "holds"),
        ((-0.05, 0.05), "unclear"),
        ((-0.2, -0.03), "harmed"),
        ((-0.2, -0.01), "unclear"),
        (None, "unclear"),
    ],
)
def test_a_guardrail_rules_out_a_loss_beyond_its_margin(ci, state):
    assert guardrail(ci, margin=0.02) == state


def test_a_guardrail_for_what_should_stay_low_looks_the_other_way():
    assert guardrail((-0.2, 0.01), margin=0.02, higher_is_better=False) == "holds"
    assert guardrail((0.03, 0.2), margin=0.02, higher_is_better=False) == "harmed"


def test_a_sum_of_few_dear_orders_rests_on_few_visitors():
    assert effective_visitors(Moments(n=50, sum_y=50.0, sum_yy=50.0)) == 50
    assert effective_visitors(Moments(n=1000, sum_y=100.0, sum_yy=10_000.0)) == 1
    assert effective_visitors(Moments(n=10)) == 0
