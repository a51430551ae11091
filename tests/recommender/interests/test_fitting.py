import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from recommender.interests import fit_interest_space, fit_segments
from tests.recommender.interests import planted


@pytest.fixture(scope="module")
def fitted():
    _, interest_VP, model, planted_V = planted.fitted()
    return model, interest_VP, planted_V


def test_three_planted_clusters_are_found(fitted):
    model, interest_VP, planted_V = fitted
    assert len(model.weights_K) == 3
    assert adjusted_rand_score(planted_V, model.memberships(interest_VP).argmax(axis=1)) > 0.98


def test_the_largest_segment_is_number_one(fitted):
    model = fitted[0]
    assert model.numbers_K.tolist() == [1, 2, 3]
    np.testing.assert_allclose(model.weights_K, np.array(planted.SIZES) / 360, atol=0.01)


def test_the_report_tells_what_was_tried(fitted):
    (line,) = fitted[0].report
    assert line["segments"] == 3 and line["stable"]
    assert min(line["agreement"], line["found_again"]) > 0.95
    assert line["smallest_share"] == pytest.approx(60 / 360, abs=0.01)


def test_the_same_seed_gives_the_same_segments(fitted):
    model, interest_VP, _ = fitted
    np.testing.assert_array_equal(fit_segments(interest_VP, seed=1, expected=3).means_KP, model.means_KP)


def test_segments_lie_apart_on_the_map(fitted):
    model, interest_VP, planted_V = fitted
    places_V2 = model.places(interest_VP)
    nearest_V = ((places_V2[:, None] - model.anchors_K2) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest_V == planted_V).mean() > 0.98


def test_a_segment_below_the_least_share_is_not_accepted(fitted):
    model = fit_segments(fitted[1], seed=1, min_share=0.2, max_segments=4)
    assert all(line["smallest_share"] < 0.2 for line in model.report if not line["stable"])
    assert np.bincount(model.memberships(fitted[1]).argmax(axis=1)).min() / 360 >= 0.2


def test_so_many_that_are_not_found_again_are_not_taken():
    model = fit_segments(np.random.default_rng(6).normal(size=(400, 6)), seed=1, expected=5)
    assert model.report[0]["segments"] == 5 and not model.report[0]["stable"]
    assert len(model.weights_K) == 1


def test_the_seed_does_not_decide_the_division(fitted):
    _, interest_VP, _ = fitted
    first, second = (fit_segments(interest_VP, seed=seed, expected=3) for seed in (1, 2))
    np.testing.assert_array_equal(first.means_KP, second.means_KP)


def test_a_division_goes_on_while_it_is_nearly_as_likely(fitted):
    _, interest_VP, planted_V = fitted
    assert len(fit_segments(interest_VP, seed=1, expected=2).weights_K) == 2
    model = fit_segments(interest_VP, seed=1, before_V=np.array([4, 7, 9])[planted_V], expected=2)
    assert adjusted_rand_score(planted_V, model.memberships(interest_VP).argmax(axis=1)) > 0.98


def test_a_division_goes_on_where_no_other_is_found_again():
    """All in one segment would take from every visitor what a merchant knows them by."""
    x_VP = np.random.default_rng(6).normal(size=(400, 6))
    before_V = np.where(np.arange(400) < 250, x_VP[:, :3].argmax(axis=1), -1)
    assert len(fit_segments(x_VP, seed=1, expected=5).weights_K) == 1
    model = fit_segments(x_VP, seed=1, expected=5, before_V=before_V)
    assert len(model.weights_K) == 3
    known = before_V >= 0
    assert adjusted_rand_score(before_V[known], model.memberships(x_VP)[known].argmax(axis=1)) > 0.7


def test_a_division_that_no_longer_fits_ends(fitted):
    _, interest_VP, _ = fitted
    by_chance_V = np.random.default_rng(1).integers(2, size=len(interest_VP))
    assert len(fit_segments(interest_VP, seed=1, before_V=by_chance_V, expected=3).weights_K) == 3


def test_a_clear_number_of_interests_ends_what_was_before(fitted):
    _, interest_VP, planted_V = fitted
    before_V = np.where(planted_V == 2, 1, planted_V)
    model = fit_segments(interest_VP, seed=1, before_V=before_V, expected=3, clear=True)
    assert len(model.weights_K) == 3


def test_every_segment_is_as_wide_as_members_lie_around_their_center(fitted):
    model, interest_VP, planted_V = fitted
    within = [interest_VP[planted_V == k].var(axis=0).mean() for k in range(3)]
    expected_KPP = np.tile(np.eye(2) * np.average(within, weights=planted.SIZES), (3, 1, 1))
    np.testing.assert_allclose(model.covariances_KPP(), expected_KPP, rtol=0.02, atol=1e-9)


@pytest.mark.parametrize("visitors", [1, 2, 49])
def test_few_visitors_are_one_segment(visitors):
    vectors_VD = np.random.default_rng(5).normal(size=(visitors, 6))
    space = fit_interest_space(vectors_VD, dimensions=4, seed=1)
    interest_VP = space.transform(vectors_VD)
    model = fit_segments(interest_VP, seed=1)
    assert model.weights_K.tolist() == [1.0]
    assert model.map_P2.shape == (len(space.components_PD), 2)
    np.testing.assert_array_equal(model.memberships(interest_VP), np.ones((visitors, 1)))


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_visitors_who_are_all_alike_are_one_segment(value):
    vectors_VD = np.full((200, 6), value)
    interest_VP = fit_interest_space(vectors_VD, dimensions=4, seed=1).transform(vectors_VD)
    model = fit_segments(interest_VP, seed=1)
    assert len(model.weights_K) == 1
    assert np.isfinite(model.memberships(interest_VP)).all()
    assert np.isfinite(model.places(interest_VP)).all()


def test_visitors_without_any_structure_are_one_segment():
    interest_VP = np.random.default_rng(6).normal(size=(400, 6))
    assert len(fit_segments(interest_VP, seed=1, max_segments=5).weights_K) == 1


def test_one_dimension_is_enough():
    rng = np.random.default_rng(7)
    interest_VP = np.concatenate([rng.normal(-1, 0.1, (100, 1)), rng.normal(1, 0.1, (80, 1))])
    model = fit_segments(interest_VP, seed=1, max_segments=4)
    assert len(model.weights_K) == 2
    assert model.map_P2.shape == (1, 2)
