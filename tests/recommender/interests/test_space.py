import numpy as np

from recommender.interests import fit_interest_space, space
from tests.recommender.interests import planted


def test_axes_are_orthonormal_and_explain_less_and_less():
    fitted = planted.fitted()[0]
    assert fitted.components_PD.shape == (2, 24)
    np.testing.assert_allclose(fitted.components_PD @ fitted.components_PD.T, np.eye(2), atol=1e-5)
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


def test_three_clusters_span_two_axes_and_a_gap_ends_them():
    fitted = planted.fitted()[0]
    assert (fitted.interests, fitted.clear) == (3, True)


def test_noise_tells_no_interests_apart():
    fitted = fit_interest_space(np.random.default_rng(2).normal(size=(2000, 24)), seed=1)
    assert (fitted.interests, fitted.clear) == (1, True)


def test_axes_that_fall_slowly_have_no_clear_end():
    scale_D = np.linspace(3, 1, 40).clip(1.4)
    assert not fit_interest_space(np.random.default_rng(2).normal(size=(3000, 40)) * scale_D, seed=1).clear


def test_activity_has_no_axis():
    vectors_VD, _ = planted.vectors()
    volume_V = np.random.default_rng(9).normal(size=len(vectors_VD))
    loud_VD = vectors_VD + volume_V[:, None] * np.eye(24)[5] * 0.8
    fitted = fit_interest_space(loud_VD, seed=1, activity_VA=volume_V[:, None])
    assert fitted.interests == 3
    assert np.abs(np.corrcoef(fitted.transform(loud_VD).T, volume_V)[-1, :-1]).max() < 0.2
    assert fit_interest_space(loud_VD, seed=1).interests == 4
