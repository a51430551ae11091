"""EM a batch at a time ends where scikit-learn's ends."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from recommender.interests import fitting
from recommender.interests.fitting import fit_segments
from recommender.interests.minibatch import DiagonalMixture, refine_mixture
from tests.recommender.interests.planted import vectors

K, P, FLOOR = 3, 4, 1e-3


@pytest.fixture(scope="module")
def drawn():
    """Visitors of three components of different sizes and spreads, and a start that is off."""
    rng = np.random.default_rng(0)
    means = rng.normal(size=(K, P)) * 2
    of = rng.choice(K, size=3000, p=[0.6, 0.3, 0.1])
    x_VP = (means[of] + rng.normal(size=(3000, P)) * np.array([0.6, 1.0, 0.4])[of][:, None]).astype(np.float32)
    return x_VP, DiagonalMixture(np.full(K, 1 / K), means + rng.normal(size=means.shape) * 0.4, np.ones((K, P)))


@pytest.fixture(scope="module")
def theirs(drawn):
    x_VP, start = drawn
    return GaussianMixture(
        K, covariance_type="diag", reg_covar=FLOOR, tol=1e-8, max_iter=500, weights_init=start.weights_K,
        means_init=start.means_KP, precisions_init=1 / start.variances_KP,
    ).fit(x_VP.astype(np.float64))  # fmt: skip


@pytest.mark.parametrize("batch", [256, 10_000])
def test_the_mixture_is_that_of_scikit_learn_within_a_thousandth(drawn, theirs, batch):
    x_VP, start = drawn
    ours = refine_mixture(x_VP, start, floor=FLOOR, seed=1, tolerance=1e-8, batch=batch)
    np.testing.assert_allclose(ours.weights_K, theirs.weights_, atol=1e-3)
    np.testing.assert_allclose(ours.means_KP, theirs.means_, atol=1e-3)
    np.testing.assert_allclose(ours.variances_KP, theirs.covariances_, atol=1e-3)


def test_the_same_seed_gives_the_same_mixture(drawn):
    x_VP, start = drawn
    first, second = (refine_mixture(x_VP, start, floor=FLOOR, seed=4, batch=256, tolerance=1.0) for _ in range(2))
    assert (first.means_KP == second.means_KP).all()


def test_the_start_is_left_alone(drawn):
    x_VP, start = drawn
    before = start.means_KP.copy()
    refine_mixture(x_VP, start, floor=FLOOR, seed=1, batch=256)
    assert (start.means_KP == before).all()


def test_a_component_that_nobody_belongs_to_stays_finite(drawn):
    x_VP, start = drawn
    far = DiagonalMixture(
        np.append(start.weights_K * 0.9, 0.1), np.vstack([start.means_KP, np.full(P, 1e4)]), np.ones((K + 1, P))
    )
    found = refine_mixture(x_VP, far, floor=FLOOR, seed=1, batch=256)
    assert np.isfinite(found.means_KP).all() and (found.variances_KP > 0).all() and found.weights_K[K] < 1e-6


def test_above_the_limit_all_visitors_are_learned_from_a_batch_at_a_time(monkeypatch):
    """The same segments as with scikit-learn; the limits are lowered."""
    vectors_VD, _ = vectors()
    monkeypatch.setattr(fitting, "MOST_VISITORS", 200)
    theirs = fit_segments(vectors_VD[:, :5], seed=2, max_segments=4, most_visitors=200)
    monkeypatch.setattr(fitting, "MOST_VISITORS_FINAL", 250)
    ours = fit_segments(vectors_VD[:, :5], seed=2, max_segments=4, most_visitors=200)
    assert len(ours.weights_K) == len(theirs.weights_K)
    np.testing.assert_allclose(ours.means_KP, theirs.means_KP, atol=5e-3)
