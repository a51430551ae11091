"""Chances of a slate under knobs that need not have made it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from recommender.slate import Knobs, Rule, chances_of, make_slate
from recommender.slate.logged import chances_under
from recommender.slate.record import SlateRecord
from tests.recommender.slate.shops import candidates_of, profile_of
from tests.recommender.slate.test_record import NOW, RULES, any_knobs, drawn


@settings(max_examples=40)
@given(any_knobs)
def test_under_the_knobs_that_made_it_they_are_its_propensities(knobs):
    candidates, rules = candidates_of(8, count=40), [Rule.from_dict(rule) for rule in RULES]
    slate, _, record = drawn(candidates, knobs, rules=rules, profile=profile_of(8))
    again = chances_of(candidates, knobs, slate.indices.tolist(), 8, rules, profile_of(8), NOW)
    assert again == pytest.approx(slate.propensities, rel=1e-12)
    assert chances_under(record, knobs, rules) == pytest.approx(slate.propensities, rel=1e-12)


def test_under_other_knobs_they_are_how_often_these_would_draw_it():
    """Two places of five items: each pair as often as its chances say, within four standard errors."""
    candidates, draws = candidates_of(9, count=5), 6_000
    other = Knobs(exploration=0.9, diversity=0.5, calibration=0.4, novelty=0.3)
    rng, profile = np.random.default_rng(2), profile_of(9)
    counts = np.zeros((5, 5))
    for _ in range(draws):
        counts[tuple(make_slate(candidates, other, 2, profile=profile, rng=rng).indices)] += 1
    for first, second in [(a, b) for a in range(5) for b in range(5) if a != b]:
        chance = float(np.prod(chances_of(candidates, other, [first, second], 2, profile=profile)))
        error = np.sqrt(chance * (1 - chance) / draws)
        assert abs(counts[first, second] / draws - chance) < 4 * error + 1 / draws


def test_what_the_log_keeps_is_enough_for_other_knobs():
    candidates = candidates_of(10)
    made = Knobs(exploration=0.3, diversity=0.2, calibration=0.2)
    other = replace(made, exploration=0.6, diversity=0.7, calibration=0.0)
    slate, _, record = drawn(candidates, made, profile=profile_of(10))
    kept = SlateRecord.decode(record.encode())
    direct = chances_of(candidates, other, slate.indices.tolist(), 8, (), profile_of(10))
    assert chances_under(kept, other, ()) == pytest.approx(direct, rel=1e-9)
    assert chances_under(kept, other, ()) != pytest.approx(slate.propensities)


def test_a_greedy_policy_goes_its_own_way_only():
    candidates = candidates_of(11)
    greedy = make_slate(candidates, Knobs(), 4).indices.tolist()
    assert chances_of(candidates, Knobs(), greedy, 4).tolist() == [1.0] * 4
    swapped = [greedy[0], greedy[2], greedy[1], greedy[3]]
    assert chances_of(candidates, Knobs(), swapped, 4).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_pin_stands_for_sure_and_nothing_else_in_its_place():
    candidates = candidates_of(12)
    pin = Rule.from_dict({"kind": "pin", "match": {"item_id": candidates.item_ids[30]}, "position": 2})
    knobs = Knobs(exploration=1.0)
    assert chances_of(candidates, knobs, [4, 30, 5], 3, [pin])[1] == 1.0
    assert chances_of(candidates, knobs, [4, 5, 30], 3, [pin]).tolist()[1:] == [0.0, 0.0]
    assert chances_of(candidates, knobs, [30, 4, 5], 3, [pin]).tolist() == [0.0, 0.0, 0.0]
