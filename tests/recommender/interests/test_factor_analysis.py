"""Factor analysis against scikit-learn's, and as an interest space."""

import numpy as np
import pytest
from sklearn.decomposition import FactorAnalysis
from sklearn.metrics import adjusted_rand_score

from recommender.interests.space import directions, factor_loadings, fit_interest_space
from tests.recommender.interests.planted import fitted, vectors


@pytest.fixture(scope="module")
def observed():
    """Three factors in nine coordinates, each with noise of its own."""
    rng = np.random.default_rng(1)
    loadings, factors = rng.normal(size=(3, 9)), rng.normal(size=(1500, 3))
    return factors @ loadings + rng.normal(size=(1500, 9)) * rng.uniform(0.4, 1.5, 9)


def test_loadings_and_noise_are_those_of_scikit_learn(observed):
    centred = observed - observed.mean(axis=0)
    loadings_PD, noise_D = factor_loadings(centred.T @ centred / len(centred), 3)
    theirs = FactorAnalysis(3, svd_method="lapack", tol=1e-6, max_iter=3000).fit(observed)
    np.testing.assert_allclose(loadings_PD.T @ loadings_PD, theirs.components_.T @ theirs.components_, atol=0.01)
    np.testing.assert_allclose(noise_D, theirs.noise_variance_, atol=0.01)


def test_a_coordinate_of_pure_noise_is_given_to_the_noise_and_not_to_an_axis():
    """Principal axes follow the loudest coordinate; factors what coordinates have in common."""
    rng = np.random.default_rng(2)
    common = rng.normal(size=(900, 1)) @ np.ones((1, 5)) + 0.3 * rng.normal(size=(900, 5))
    loud = 5 * rng.normal(size=(900, 1))
    x = np.hstack([common, loud])
    covariance = np.cov(x.T, bias=True)
    loadings_PD, _ = factor_loadings(covariance, 1)
    assert np.abs(loadings_PD[0, :5]).min() > 5 * np.abs(loadings_PD[0, 5])
    assert np.abs(np.linalg.eigh(covariance)[1][:, -1]).argmax() == 5


def test_the_axes_give_posterior_means_scaled_by_what_the_factor_explains():
    vectors_VD, _ = vectors()
    space = fit_interest_space(vectors_VD, dimensions=2, seed=0, method="factor-analysis")
    unit_VD = directions(np.asarray(vectors_VD, np.float32), space.mean_D).astype(float)
    theirs = FactorAnalysis(2, svd_method="lapack", tol=1e-6, max_iter=3000).fit(unit_VD)
    expected = theirs.transform(unit_VD) * np.sqrt((theirs.components_**2).sum(axis=1))
    found = space.transform(vectors_VD)
    found = found - found.mean(axis=0)
    correlation = np.corrcoef(found.T, expected.T)[:2, 2:]
    assert np.abs(np.diag(correlation)).min() > 0.999
    np.testing.assert_allclose(found.std(axis=0), expected.std(axis=0), rtol=0.02)


def test_planted_clusters_are_found_in_the_space_of_factors():
    _, interest_VP, model, planted = fitted("factor-analysis")
    assert adjusted_rand_score(model.memberships(interest_VP).argmax(axis=1), planted) > 0.98


def test_visitors_that_are_all_alike_have_a_space():
    space = fit_interest_space(np.ones((9, 4)), dimensions=2, seed=0, method="factor-analysis")
    assert np.isfinite(space.components_PD).all() and np.abs(space.transform(np.ones((2, 4)))).max() < 1e-6
