"""Slates of the same candidates drawn at once are number by number those that are drawn one by one."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.slate import Knobs, Rule, SlateCandidates, make_slate
from recommender.slate.alike import encoded_records, make_slates
from recommender.slate.logged import draw_again, record_of
from recommender.slate.record import SlateRecord
from tests.recommender.slate.shops import candidates_of

N, SEEDS = 8, list(range(40, 90))
BOOST = Rule.from_dict({"kind": "boost", "match": {"category": "category-2"}, "strength": 0.4})
LEFT_OUT = Rule.from_dict({"kind": "exclude", "match": {"brand": "brand-1"}})
PIN = Rule.from_dict({"kind": "pin", "match": {"brand": "brand-0"}, "position": 2})
POLICIES = {
    "greedy": ({}, ()),
    "greedy and diverse": ({"diversity": 0.4}, ()),
    "explored": ({"exploration": 0.3}, ()),
    "all of it": ({"exploration": 0.6, "diversity": 0.3, "novelty": 0.5, "explore_floor": 0.2}, (BOOST, LEFT_OUT)),
    "pinned": ({"exploration": 0.4, "diversity": 0.2}, (PIN,)),
    "fair": ({"exploration": 0.4, "fairness": 0.5, "fairness_attribute": "brand"}, ()),
}


def knobs_of(name):
    off = dict.fromkeys(("exploration", "diversity", "calibration", "novelty", "fairness"), 0.0)
    return Knobs.from_dict({**off, **POLICIES[name][0]}), POLICIES[name][1]


def shop(**changes):
    groups = [f"product-{number // 3}" if number < 30 else None for number in range(60)]
    return replace(candidates_of(5), groups=groups, **changes)


def one_by_one(candidates, knobs, rules, n=N):
    return [make_slate(candidates, knobs, n, rules, rng=np.random.default_rng(seed)) for seed in SEEDS]


def assert_equal(slates, others):
    for slate, other in zip(slates, others, strict=True):
        for name in ("indices", "propensities", "explored", "adjusted_scores"):
            assert np.array_equal(getattr(slate, name), getattr(other, name), equal_nan=name == "adjusted_scores")
        assert slate.temperature == other.temperature


@pytest.mark.parametrize("name", POLICIES)
def test_every_draw_equals_the_single_one(name):
    knobs, rules = knobs_of(name)
    together = make_slates(shop(), knobs, N, SEEDS, rules=rules)
    assert_equal(together, one_by_one(shop(), knobs, rules))
    if knobs.exploration:
        assert len({tuple(slate.indices.tolist()) for slate in together}) > 5


@pytest.mark.parametrize("name", POLICIES)
def test_the_log_keeps_the_same_of_them(name):
    knobs, rules = knobs_of(name)
    codes = list(range(100, 160))
    together = make_slates(shop(), knobs, N, SEEDS, rules=rules)
    raw = encoded_records(shop(), codes, knobs, N, together)
    singly = one_by_one(shop(), knobs, rules)
    assert raw == [record_of(shop(), codes, knobs, None, N, slate).encode() for slate in singly]
    again = draw_again(SlateRecord.decode(raw[3]), knobs, rules, SEEDS[3])
    assert again.propensities.tolist() == together[3].propensities.tolist()


def test_a_slate_ends_where_nothing_is_left_for_it():
    """Ten items of four products: which variant comes first decides nothing of how many there are."""
    few = candidates_of(6, count=10)
    few = replace(few, groups=["a"] * 4 + ["b"] * 3 + ["c"] * 2 + [None])
    for floor in (0.0, 0.5):
        knobs = Knobs.from_dict({"exploration": 0.5, "diversity": 0.3, "explore_floor": floor})
        together = make_slates(few, knobs, N, SEEDS)
        assert_equal(together, one_by_one(few, knobs, ()))
        assert {len(slate.indices) for slate in together} == {4}


def test_of_nothing_empty_slates_are_made():
    none = SlateCandidates(item_ids=[], scores=np.zeros(0))
    knobs = Knobs.from_dict({"exploration": 0.5})
    assert [len(slate.indices) for slate in make_slates(none, knobs, N, SEEDS[:2])] == [0, 0]
    assert make_slates(none, knobs, N, []) == []
    assert encoded_records(none, [], knobs, N, []) == []
