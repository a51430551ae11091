import numpy as np

from recommender.interests import fit_interest_space, space
from tests.recommender.interests import planted


def test_axes_are_orthonormal_and_explain_less_and_less():
    vectors_VD, _ = planted.vectors()
    fitted = fit_interest_space(vectors_VD, dimensions=8, seed=1)
    assert fitted.components_PD.shape == (8, 24)
    np.testing.assert_allclose(fitted.components_PD @ fitted.components_PD.T, np.eye(8), atol=1e-5)
    assert (np.diff(fitted.explained_P) <= 0).all()
    assert 0.5 < fitted.explained_P[:2].sum() < 1


def test_a_visitor_with_nothing_known_is_in_the_middle():
    vectors_VD, _ = planted.vectors()
    fitted = fit_interest_space(vectors_VD, dimensions=8, seed=1)
    assert not fitted.transform(np.zeros((1, 24))).any()


def test_a_batch_is_transformed_as_each_row_alone():
    vectors_VD, _ = planted.vectors()
    fitted = fit_interest_space(vectors_VD, dimensions=8, seed=1)
    alone = np.concatenate([fitted.transform(row[None]) for row in vectors_VD[:5]])
    np.testing.assert_allclose(fitted.transform(vectors_VD)[:5], alone, atol=1e-6)


def test_of_too_many_visitors_some_are_enough(monkeypatch):
    vectors_VD, _ = planted.vectors()
    whole = fit_interest_space(vectors_VD, dimensions=2, seed=1)
    monkeypatch.setattr(space, "MOST_ROWS", 300)
    some = fit_interest_space(vectors_VD, dimensions=2, seed=1)
    assert not np.array_equal(some.mean_D, whole.mean_D)
    np.testing.assert_allclose(np.abs(np.diag(some.components_PD @ whole.components_PD.T)), 1, atol=0.05)
