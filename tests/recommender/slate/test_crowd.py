"""A crowd under knobs: the means that each visitor would have been measured at alone."""

from dataclasses import fields, replace

import numpy as np
import pytest

from recommender.slate import Knobs, Rule
from recommender.slate.crowd import Crowd, Member
from recommender.slate.metrics import measure
from tests.recommender.slate.shops import candidates_of, profile_of

RULES = [Rule.from_dict(rule) for rule in ({"kind": "boost", "match": {"brand": "brand-1"}, "strength": 0.3},)]


def members(count=7, *, rules=()):
    people = []
    for seed in range(count):
        size = 35 if seed % 2 else 8  # those with fewer are filled up
        variants = [f"product-{place // 2}" if place % 3 else None for place in range(size)]
        candidates = replace(candidates_of(seed, count=size), groups=variants)
        people.append(Member(candidates, profile_of(seed) if seed % 3 else None, rules))
    return people


def alone(member, knobs, *, draws=1):
    rng = np.random.default_rng(3)
    return measure(member.candidates, knobs, 6, draws=draws, rng=rng, rules=member.rules, profile=member.profile)


@pytest.mark.parametrize(
    "knobs",
    [
        Knobs(),
        Knobs(diversity=0.4),
        Knobs(calibration=0.7),
        Knobs(novelty=0.6),
        Knobs(fairness=0.8),
        Knobs(fairness=0.8, fairness_target=(("brand-0", 0.6), ("brand-1", 0.2))),
        Knobs(diversity=0.2, calibration=0.3, novelty=0.1, fairness=0.3),
    ],
    ids=str,
)
def test_without_exploration_each_visitor_is_measured_as_alone(knobs):
    people = members(rules=RULES)
    found = Crowd(people, 6).measure(knobs, draws=1, seed=1)
    for place, member in enumerate(people):
        one = alone(member, knobs)
        for part in fields(one):
            expected, told = getattr(one, part.name), found[part.name][place]
            assert np.isnan(told) if expected is None else told == pytest.approx(expected, abs=1e-9), part.name


def test_with_exploration_the_means_agree():
    people, knobs = members(), Knobs(exploration=0.5, diversity=0.2, explore_floor=0.05)
    found = Crowd(people, 6).measure(knobs, draws=400, seed=1)
    for place, member in enumerate(people[:3]):
        one = alone(member, knobs, draws=400)
        assert found["relevance_lost"][place] == pytest.approx(one.relevance_lost, abs=0.03)
        assert found["share_explored"][place] == pytest.approx(one.share_explored, abs=0.04)
        assert found["intra_list_distance"][place] == pytest.approx(one.intra_list_distance, abs=0.03)


def test_nobody_is_measured_without_an_error():
    assert len(Crowd([], 6)) == 0
    assert len(Crowd([], 6).measure(Knobs(), draws=1, seed=1)["relevance_lost"]) == 0
