"""On the map segments stand apart, and where they stood on the map before."""

from itertools import combinations

import numpy as np
import pytest

from recommender.interests import describe_segments, fit_segments, map
from tests.recommender.interests import planted


def crowded(segments=12, axes=11, seed=5):
    """Means so many and so alike that no plane of the space tells them all apart."""
    rng = np.random.default_rng(seed)
    means_KP = np.linalg.qr(rng.normal(size=(axes, axes)))[0][:segments]
    return np.concatenate([means_KP, -means_KP[: segments - len(means_KP)]])


def rings_cross(one, other):
    """Whether two ellipses of one standard deviation have a point in common."""
    angles = np.linspace(0, 2 * np.pi, 90)
    ring = np.linalg.cholesky(one["covariance"]) @ np.stack([np.cos(angles), np.sin(angles)]) + np.c_[one["center"]]
    offsets = ring.T - other["center"]
    return bool((np.einsum("na,ab,nb->n", offsets, np.linalg.inv(other["covariance"]), offsets) <= 1).any())


@pytest.fixture(scope="module")
def crowd():
    """(model, interest vectors, places) of 1,800 visitors in twelve segments that a plane would lay on each other."""
    rng = np.random.default_rng(2)
    means_KP = crowded()
    labels_V = rng.integers(0, 12, 1800)
    interest_VP = means_KP[labels_V] + rng.normal(scale=0.22, size=(1800, 11))
    model = fit_segments(interest_VP, seed=1, expected=12, clear=True)
    return model, interest_VP


def test_no_two_rings_of_many_segments_lie_on_each_other(crowd):
    model, interest_VP = crowd
    purchases_VI = planted.purchases(np.zeros(1800, int))
    entries = describe_segments(model, interest_VP, purchases_VI, planted.catalog())
    assert len(entries) == 12
    assert [pair for pair in combinations(entries, 2) if rings_cross(*pair)] == []


def test_anchors_keep_their_distance_also_where_means_are_one(crowd):
    for means_KP in (crowded(), np.zeros((24, 5)), np.zeros((1, 3)), crowd[0].means_KP):
        places_K2 = map.anchors(means_KP, 0.04)
        gaps = [np.linalg.norm(one - other) for one, other in combinations(places_K2, 2)]
        assert min(gaps, default=map.LEAST_GAP) >= 0.99 * map.LEAST_GAP


def test_near_segments_stand_nearer_than_far_ones():
    means_KP = np.array([[0.0, 0], [1, 0], [3, 0]])
    first, second, third = map.anchors(means_KP, 0.01)
    assert np.linalg.norm(first - second) < np.linalg.norm(second - third) < np.linalg.norm(first - third)


def test_who_stands_between_two_segments_stands_between_them_on_the_map(crowd):
    model, _ = crowd
    half_1K = np.full((1, 12), 0.0)
    half_1K[0, [3, 7]] = 0.5
    middle_1P = (model.means_KP[3] + model.means_KP[7])[None] / 2
    expected = (model.anchors_K2[3] + model.anchors_K2[7]) / 2
    np.testing.assert_allclose(model.places(middle_1P, half_1K)[0], expected, atol=1e-5)


def test_a_map_learned_anew_lies_as_the_one_before(crowd):
    model, interest_VP = crowd
    mirrored_K2 = model.anchors_K2[:, ::-1]
    before = {number: tuple(place) for number, place in zip(model.numbers_K.tolist(), mirrored_K2, strict=True)}
    half = fit_segments(interest_VP[::2], seed=4, expected=12, clear=True)
    nearest_K = ((half.means_KP[:, None] - model.means_KP) ** 2).sum(axis=2).argmin(axis=1)
    again = half.with_numbers(model.numbers_K[nearest_K]).mapped_like(before)
    was_K2 = np.array([before[number] for number in again.numbers_K.tolist()])
    assert np.hypot(*(again.anchors_K2 - was_K2).T).max() < map.LEAST_GAP / 2
    assert np.hypot(*(half.anchors_K2 - was_K2).T).max() > map.LEAST_GAP


def test_a_new_segment_leaves_the_others_in_their_places(crowd):
    model, _ = crowd
    before = {number: tuple(place) for number, place in zip(model.numbers_K.tolist(), model.anchors_K2, strict=True)}
    del before[1]
    moved_K = np.hypot(*(model.mapped_like(before).anchors_K2 - model.anchors_K2).T)
    assert max(moved_K) < map.LEAST_GAP / 2


def test_items_and_categories_stand_where_their_visitors_are():
    _, interest_VP, model, planted_V = planted.fitted()
    theme_I = np.repeat([0, 1, 2], planted.ITEMS_PER_THEME)
    numbers = model.memberships(interest_VP).argmax(axis=1)
    of_theme = [int(np.bincount(numbers[planted_V == theme]).argmax()) for theme in range(3)]
    items_IP = np.concatenate([model.means_KP[[of_theme[t] for t in theme_I]], np.zeros((4, interest_VP.shape[1]))])
    entries = describe_segments(
        model, interest_VP, planted.purchases(planted_V), planted.catalog(), item_places_I2=model.places(items_IP)
    )
    for entry in entries:
        for row in (entry["top_items"][0], entry["top_categories"][0]):
            nearest = min(entries, key=lambda other: np.hypot(*np.subtract(other["center"], row["place"])))
            assert nearest["number"] == entry["number"]
