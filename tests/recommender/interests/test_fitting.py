import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from recommender.interests import fit_interest_space, fit_segments
from tests.recommender.interests import planted


@pytest.fixture(scope="module")
def fitted():
    vectors_VD, planted_V = planted.vectors()
    interest_VP = fit_interest_space(vectors_VD, dimensions=8, seed=1).transform(vectors_VD)
    return fit_segments(interest_VP, seed=1), interest_VP, planted_V


def test_three_planted_clusters_are_found(fitted):
    model, interest_VP, planted_V = fitted
    assert len(model.weights_K) == 3
    assert adjusted_rand_score(planted_V, model.memberships(interest_VP).argmax(axis=1)) > 0.98


def test_the_largest_segment_is_number_one(fitted):
    model = fitted[0]
    assert model.numbers_K.tolist() == [1, 2, 3]
    np.testing.assert_allclose(model.weights_K, np.array(planted.SIZES) / 360, atol=0.01)


def test_the_report_tells_what_was_tried(fitted):
    report = fitted[0].report
    assert [line["segments"] for line in report] == list(range(1, 13))
    assert report[2]["stable"]
    assert report[2]["agreement"] > 0.95
    assert report[2]["smallest_share"] == pytest.approx(60 / 360, abs=0.01)
    assert not all(line["stable"] for line in report)


def test_the_same_seed_gives_the_same_segments(fitted):
    model, interest_VP, _ = fitted
    np.testing.assert_array_equal(fit_segments(interest_VP, seed=1).means_KP, model.means_KP)


def test_segments_lie_apart_on_the_map(fitted):
    model, interest_VP, planted_V = fitted
    places_V2 = interest_VP @ model.map_P2
    centers_K2 = model.means_KP @ model.map_P2
    nearest_V = ((places_V2[:, None] - centers_K2) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest_V == planted_V).mean() > 0.98
    np.testing.assert_allclose(places_V2.std(axis=0), 1, rtol=0.01)


def test_a_segment_below_the_least_share_is_not_accepted():
    vectors_VD, _ = planted.vectors()
    interest_VP = fit_interest_space(vectors_VD, dimensions=8, seed=1).transform(vectors_VD)
    model = fit_segments(interest_VP, seed=1, min_share=0.2, max_segments=4)
    assert len(model.weights_K) == 2
    assert not model.report[2]["stable"]


def test_the_covariances_are_those_of_a_mixture_of_scikit_learn(fitted):
    model, interest_VP, planted_V = fitted
    members = interest_VP[planted_V == 1]
    reference = GaussianMixture(1, covariance_type="diag", reg_covar=1e-3).fit(members)
    np.testing.assert_allclose(np.diagonal(model.covariances_KPP()[1]), reference.covariances_[0], rtol=0.2, atol=1e-3)


@pytest.mark.parametrize("visitors", [1, 2, 49])
def test_few_visitors_are_one_segment(visitors):
    vectors_VD = np.random.default_rng(5).normal(size=(visitors, 6))
    space = fit_interest_space(vectors_VD, dimensions=4, seed=1)
    interest_VP = space.transform(vectors_VD)
    model = fit_segments(interest_VP, seed=1)
    assert model.weights_K.tolist() == [1.0]
    assert model.map_P2.shape == (4, 2)
    np.testing.assert_array_equal(model.memberships(interest_VP), np.ones((visitors, 1)))


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_visitors_who_are_all_alike_are_one_segment(value):
    vectors_VD = np.full((200, 6), value)
    interest_VP = fit_interest_space(vectors_VD, dimensions=4, seed=1).transform(vectors_VD)
    model = fit_segments(interest_VP, seed=1)
    assert len(model.weights_K) == 1
    assert np.isfinite(model.memberships(interest_VP)).all()
    assert np.isfinite(model.map_P2).all()


def test_visitors_without_any_structure_are_one_segment():
    interest_VP = np.random.default_rng(6).normal(size=(400, 6))
    assert len(fit_segments(interest_VP, seed=1, max_segments=5).weights_K) == 1


def test_one_dimension_is_enough():
    rng = np.random.default_rng(7)
    interest_VP = np.concatenate([rng.normal(-1, 0.1, (100, 1)), rng.normal(1, 0.1, (80, 1))])
    model = fit_segments(interest_VP, seed=1, max_segments=4)
    assert len(model.weights_K) == 2
    assert model.map_P2.shape == (1, 2)
