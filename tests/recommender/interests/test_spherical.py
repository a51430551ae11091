"""EM of equally wide components."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from recommender.interests.spherical import SphericalMixture, bic, fit_mixture

FLOOR = 1e-6


@pytest.fixture(scope="module")
def drawn():
    """Three components of one width and different sizes, and a start that is off."""
    rng = np.random.default_rng(0)
    means_KP = rng.normal(size=(3, 4)) * 2
    of_V = rng.choice(3, size=3000, p=[0.6, 0.3, 0.1])
    x_VP = (means_KP[of_V] + 0.7 * rng.normal(size=(3000, 4))).astype(np.float32)
    start = SphericalMixture(np.full(3, 1 / 3), means_KP + 0.4 * rng.normal(size=means_KP.shape), 1.0)
    return x_VP, means_KP, start


def test_sizes_places_and_width_are_found(drawn):
    x_VP, means_KP, start = drawn
    found, _ = fit_mixture(x_VP, start, floor=FLOOR, tolerance=1e-8)
    np.testing.assert_allclose(found.weights_K, [0.6, 0.3, 0.1], atol=0.03)
    np.testing.assert_allclose(found.means_KP, means_KP, atol=0.1)
    assert found.variance == pytest.approx(0.49, rel=0.05)


def test_one_component_is_that_of_scikit_learn(drawn):
    x_VP = drawn[0]
    start = SphericalMixture(np.ones(1), np.zeros((1, 4)), 1.0)
    found, likelihood = fit_mixture(x_VP, start, floor=FLOOR)
    theirs = GaussianMixture(1, covariance_type="spherical", reg_covar=0).fit(x_VP.astype(np.float64))
    assert found.variance == pytest.approx(theirs.covariances_[0], rel=1e-6)
    assert likelihood == pytest.approx(theirs.score(x_VP.astype(np.float64)), abs=1e-6)
    assert bic(found, likelihood, 3000) == pytest.approx(theirs.bic(x_VP.astype(np.float64)), rel=1e-6)


def test_batches_change_nothing(drawn):
    x_VP, _, start = drawn
    whole, parts = (fit_mixture(x_VP, start, floor=FLOOR, batch=batch)[0] for batch in (10_000, 256))
    np.testing.assert_allclose(parts.means_KP, whole.means_KP, atol=1e-9)
    assert parts.variance == pytest.approx(whole.variance, abs=1e-9)


def test_no_pass_makes_it_less_likely(drawn):
    x_VP, _, start = drawn
    likelihoods = [fit_mixture(x_VP, start, floor=FLOOR, tolerance=tolerance)[1] for tolerance in (1.0, 1e-2, 1e-5)]
    assert likelihoods == sorted(likelihoods) and likelihoods[0] < likelihoods[2]


def test_a_component_that_nobody_belongs_to_stays_finite(drawn):
    x_VP, _, start = drawn
    far = SphericalMixture(np.append(start.weights_K * 0.9, 0.1), np.vstack([start.means_KP, np.full(4, 1e4)]), 1.0)
    found, _ = fit_mixture(x_VP, far, floor=FLOOR)
    assert np.isfinite(found.means_KP).all() and found.weights_K[3] < 1e-6


def test_visitors_at_one_place_keep_the_least_width():
    found, _ = fit_mixture(np.ones((60, 2)), SphericalMixture(np.ones(1), np.zeros((1, 2)), 1.0), floor=0.01)
    assert found.variance == 0.01
