"""What is said of three variants, and of two that are equal."""

import numpy as np
import pytest

from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors import results_of
from dashboard.experiments.services import Arm, start_experiment
from dashboard.policies.services import publish_policy
from tests.experiments.test_results import carts, moment


@pytest.fixture
def front(shop):
    from dashboard.policies.models import Placement

    placement = Placement.objects.create(shop=shop, slug="front", name="Front page")
    publish_policy(placement=placement, knobs={"exploration": 0.1}, rules=(), by=None)
    return placement


def after(experiment, visitors=6_000, **rates):
    """The verdict after so many visitors of each variant, of whom these shares add to cart."""
    rng = np.random.default_rng(4)
    for key, rate in rates.items():
        row = moment(key, "add_to_cart_rate", carts(rng, visitors, rate))
        row.experiment = experiment
        row.save()
    Experiment.objects.filter(pk=experiment.pk).update(planned_visitors=len(rates) * visitors)
    return results_of(Experiment.objects.get(pk=experiment.pk)).verdict


def three(front):
    arms = [Arm(knobs={"exploration": 0.3}), Arm(knobs={"exploration": 0.6})]
    return start_experiment(placement=front, by=None, arms=arms)


def test_the_verdict_names_the_variant_that_wins_and_the_rule_for_several(front):
    verdict = after(three(front), A=0.10, B=0.11, C=0.16)
    assert "variant C" in verdict.sentence
    assert "since 2 were tried at once (Bonferroni)" in verdict.because


def test_a_is_kept_only_where_every_other_does_worse(front):
    verdict = after(three(front), A=0.20, B=0.10, C=0.14)
    assert (verdict.state, verdict.word) == ("stop", "Keep A")
    assert "C" in verdict.sentence


def test_one_that_loses_beside_one_that_may_not_is_no_verdict_against_both(front):
    assert after(three(front), A=0.15, B=0.10, C=0.15).state in ("early", "even")


@pytest.mark.parametrize(("rate", "state"), [(0.10, "even"), (0.15, "distrust")])
def test_an_aa_test_holds_or_asks_for_the_cause(front, rate, state):
    experiment = start_experiment(placement=front, by=None, is_aa=True)
    verdict = after(experiment, visitors=9_000, A=0.10, B=rate)
    assert verdict.state == state
    assert "Both halves see the same" in verdict.sentence
