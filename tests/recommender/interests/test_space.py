import numpy as np
import pytest
from scipy import sparse

from recommender.data.histories import Histories
from recommender.interests import fit_interest_space, space
from recommender.interests.vectors import visitor_vectors
from recommender.models.factors import Factors, FactorsConfig
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


def test_the_vector_of_a_history_is_the_weighted_mean_of_its_items():
    factors_ID = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    histories_VI = sparse.csr_array(np.array([[3, 1, 0], [0, 0, 0], [0, 0, 5]]))
    found_VD = visitor_vectors(histories_VI, factors_ID, np.array([1.0, 2.0, 1.0]))
    weighted = np.array([np.log(4), 2 * np.log(2)])
    np.testing.assert_allclose(found_VD[0], weighted / np.linalg.norm(weighted), rtol=1e-6)
    np.testing.assert_array_equal(found_VD[1], [0, 0])
    assert found_VD[2] == pytest.approx(np.sqrt([0.5, 0.5]))
    assert histories_VI.toarray()[0, 0] == 3


def test_training_and_serving_make_the_same_vectors():
    rng = np.random.default_rng(9)
    model = Factors.from_arrays(
        FactorsConfig(dimensions=4),
        {"idf_I": rng.random(10).astype(np.float32), "factors_ID": rng.normal(size=(10, 4)).astype(np.float32)},
    )
    histories = Histories(
        np.array([0, 5, 5, 12]), rng.integers(0, 10, 12).astype(np.int32), np.zeros(12), np.ones(12, np.float32)
    )
    found_VD = visitor_vectors(histories.matrix_BI(10), model.factors_ID_, model.idf_I_)
    np.testing.assert_allclose(found_VD, model.vectors(histories), atol=1e-6)
    assert not found_VD[1].any()
