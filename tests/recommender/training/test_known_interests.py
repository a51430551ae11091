"""Segments of shops whose visitors' interests are known; `python -m benchmarks.known_interests` makes forty of them."""

import numpy as np
import pytest

from benchmarks.known_interests import KnownShop, found, made
from recommender.models.factors import Factors, FactorsConfig
from recommender.training.segmenting import Previous, segment

SHOPS = [(2, 0.2, 0.3, 0.1), (3, 0.2, 0.6, 0.0), (8, 0.1, 0.0, 0.1), (16, 0.4, 0.3, 0.0)]


@pytest.mark.parametrize(("interests", "noise", "skew", "mixed"), SHOPS)
def test_as_many_segments_as_interests_are_found_and_the_same_visitors_in_each(interests, noise, skew, mixed):
    shop = KnownShop(interests, noise, skew, mixed, second=0.3, items_each=60, zipf=1.0, seed=interests)
    number, agreement = found(shop)
    assert number == interests
    assert agreement > 0.9


def test_visitors_without_interests_are_one_segment():
    shop = KnownShop(1, 0.0, 0.0, 0.0, second=0.0, items_each=300, zipf=0.9, seed=4)
    assert found(shop)[0] == 1


def test_segments_tell_interest_and_not_how_much_somebody_does():
    dataset, _ = made(KnownShop(6, 0.2, 0.3, 0.1, second=0.3, items_each=60, zipf=1.0, seed=1))
    told = segment(dataset, Factors(FactorsConfig()).fit(dataset), seed=1).evaluation["told"]
    assert max(told["interactions"], told["recency"], told["month"]) < 0.02


def test_visitors_keep_their_number_when_nothing_has_changed():
    """Another seed, and a tenth of the visitors gone."""
    dataset, _ = made(KnownShop(6, 0.2, 0.3, 0.1, second=0.3, items_each=60, zipf=1.0, seed=1))
    first = _numbers(dataset, seed=1)
    rest = dataset.take(np.flatnonzero(np.random.default_rng(2).random(len(dataset.visitor_ids)) < 0.9))
    again = _numbers(rest, seed=2, previous=Previous(first, {}))
    assert np.mean([first[visitor] == number for visitor, number in again.items()]) > 0.95


def _numbers(dataset, seed, previous=None):
    segmented = segment(dataset, Factors(FactorsConfig(seed=seed)).fit(dataset), seed=seed, previous=previous)
    likeliest_V = segmented.segments.memberships(segmented.interest_VP).argmax(axis=1)
    return dict(zip(dataset.visitor_ids.tolist(), segmented.segments.numbers_K[likeliest_V].tolist(), strict=True))
