import subprocess
import sys

import numpy as np
from sklearn.mixture import GaussianMixture

from recommender.interests.mixture import log_densities, memberships


def _mixture():
    rng = np.random.default_rng(8)
    x_NP = np.concatenate([rng.normal(center, 1, (60, 3)) for center in (0, 1.5, 4)])
    return GaussianMixture(3, covariance_type="full", random_state=0).fit(x_NP), x_NP


def test_memberships_equal_those_of_scikit_learn():
    fitted, x_NP = _mixture()
    found_NK = memberships(x_NP, fitted.weights_, fitted.means_, fitted.precisions_cholesky_)
    np.testing.assert_allclose(found_NK, fitted.predict_proba(x_NP), atol=1e-12)
    np.testing.assert_allclose(found_NK.sum(axis=1), 1)
    assert found_NK[:, 0].std() > 0.01


def test_densities_give_the_likelihood_of_scikit_learn():
    fitted, x_NP = _mixture()
    logs_NK = log_densities(x_NP, fitted.means_, fitted.precisions_cholesky_) + np.log(fitted.weights_)
    np.testing.assert_allclose(np.logaddexp.reduce(logs_NK, axis=1), fitted.score_samples(x_NP))


def test_a_visitor_far_from_every_segment_still_has_finite_memberships():
    fitted, _ = _mixture()
    found_NK = memberships(np.full((1, 3), 1e4), fitted.weights_, fitted.means_, fitted.precisions_cholesky_)
    np.testing.assert_allclose(found_NK.sum(axis=1), 1)


def test_web_processes_get_memberships_without_scikit_learn():
    program = (
        "import sys; from recommender.interests import mixture, space; "
        "sys.exit(any(name in sys.modules for name in ('sklearn', 'torch', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
