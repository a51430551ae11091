"""What all experiments of a shop add up to, and how good the estimates before them were."""

import numpy as np
import pytest

from dashboard.core import errors
from dashboard.experiments.models import DailyMoment, Experiment, Variant
from dashboard.experiments.selectors import register_of
from dashboard.experiments.services import keep_prediction, note_learning
from tests.experiments.test_results import carts, moment


def ended(home, number, rates, state="shipped", **fields):
    experiment = Experiment.objects.create(
        shop=home.shop, placement=home, name=f"Question {number}", state=state, salt=str(number), **fields
    )
    rng, policy = np.random.default_rng(number), home.policies.get(version=1)
    for key, rate in rates.items():
        Variant.objects.create(experiment=experiment, key=key, policy=policy)
        row = moment(key, "add_to_cart_rate", carts(rng, 3000, rate))
        row.experiment = experiment
        row.save()
    return experiment


def test_winners_are_drawn_back_and_what_was_shipped_is_multiplied(home):
    rates = [(0.10, 0.12), (0.10, 0.105), (0.10, 0.098), (0.10, 0.115)]
    made = [ended(home, n, {"A": a, "B": b}, "shipped" if b > a else "stopped") for n, (a, b) in enumerate(rates, 1)]
    register = register_of(home.shop)
    assert [entry.experiment for entry in register.entries] == made[::-1]
    for entry in register.entries:
        lift = entry.summary.primary.lift
        assert abs(entry.shrunk.value) < abs(lift)
        assert entry.shrunk.value * lift >= 0
    shipped = [entry for entry in register.entries if entry.experiment.state == "shipped"]
    (total,) = register.totals
    assert total.shipped == 3
    assert total.change == pytest.approx(np.prod([1 + entry.shrunk.value for entry in shipped]) - 1)
    assert total.interval[0] < total.change < total.interval[1]
    assert total.change < total.unshrunk


def test_what_was_predicted_is_held_against_what_came_and_kept_once(home):
    experiment = ended(home, 1, {"A": 0.1, "B": 0.12})
    for arm, clicks in (("A", 300), ("B", 360)):
        row = moment(arm, "click_through", [1.0] * clicks + [0.0] * (2000 - clicks), np.ones(2000))
        row.experiment = experiment
        row.save()
    keep_prediction(experiment=experiment, change=0.15, low=0.05, high=0.25)
    keep_prediction(experiment=experiment, change=9.0, low=8.0, high=10.0)
    register = register_of(home.shop)
    (prediction,) = register.predicted
    assert (prediction.change, prediction.realised) == (0.15, pytest.approx(0.2))
    assert register.held == 1


def test_what_was_learned_is_found_by_its_tags_and_written_only_once_it_ended(home, owner):
    first, running = ended(home, 1, {"A": 0.1, "B": 0.12}), ended(home, 2, {"A": 0.1, "B": 0.1}, "running")
    note_learning(experiment=first, by=owner, note=" Bold wins. ", tags=["Home", "bold ", "home"], is_archived=True)
    first.refresh_from_db()
    assert (first.decision, first.tags, first.archived_at is not None) == ("Bold wins.", ["home", "bold"], True)
    assert [entry.experiment for entry in register_of(home.shop, tag="bold").entries] == [first]
    assert register_of(home.shop).tags == ["bold", "home"]
    with pytest.raises(errors.Conflict):
        note_learning(experiment=running, by=owner, note="", tags=[], is_archived=False)
    with pytest.raises(errors.Invalid):
        note_learning(experiment=first, by=owner, note="", tags=["x" * 31], is_archived=False)


def test_a_shop_without_experiments_has_an_empty_register(shop):
    assert register_of(shop).entries == []
    assert DailyMoment.objects.count() == 0


def test_the_effect_is_of_the_variant_that_was_published_not_of_the_one_that_led(home):
    experiment = ended(home, 1, {"A": 0.10, "B": 0.11, "C": 0.14}, shipped_variant="B")
    (entry,) = register_of(home.shop).entries
    assert entry.summary.variant == "B"
    Experiment.objects.filter(pk=experiment.pk).update(shipped_variant="")
    (entry,) = register_of(home.shop).entries
    assert entry.summary.variant == "C"


def test_an_a_a_test_shrinks_nothing_and_adds_nothing(home):
    ended(home, 1, {"A": 0.10, "B": 0.13})
    ended(home, 2, {"A": 0.10, "B": 0.08}, "stopped")
    before = [entry.shrunk for entry in register_of(home.shop).entries]
    ended(home, 9, {"A": 0.1, "B": 0.1}, "stopped", is_aa=True)
    of_a_a, *others = register_of(home.shop).entries
    assert of_a_a.shrunk is None
    assert [entry.shrunk for entry in others] == before
