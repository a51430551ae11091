"""ALS and BPR: the fold-in against its equation, and what each is worth on behaviour with a known structure."""

import numpy as np
import pytest

from recommender.data.histories import Histories
from recommender.models.matrix import Als, AlsConfig, Bpr, BprConfig, fold_in
from tests.recommender.made import dataset_of, lists_of


def two_tastes(visitors=80):
    """Each visitor chooses six of the ten items of one of two tastes."""
    rng = np.random.default_rng(2)
    for visitor in range(visitors):
        taste = visitor % 2
        for place, item in enumerate(rng.choice(10, 6, replace=False)):
            yield f"visitor-{visitor}", f"taste-{taste}-{item}", "view_item", float(place)


@pytest.fixture(scope="module")
def tastes():
    return dataset_of(list(two_tastes()))


def test_a_visitor_is_folded_in_by_the_step_of_als(dataset, newcomers):
    factors_ID = np.random.default_rng(1).normal(size=(dataset.items, 4)).astype(np.float32)
    found_BD = fold_in(factors_ID, newcomers, 5.0, 0.3)
    for row, history in enumerate(lists_of(newcomers)):
        weights_I = np.zeros(dataset.items)
        for item, _, weight in history:
            weights_I[item] += weight
        confidence_I = 1 + 5.0 * np.log1p(weights_I)
        left = (factors_ID.T * confidence_I) @ factors_ID + 0.3 * np.eye(4)
        expected_D = np.linalg.solve(left, factors_ID.T @ (confidence_I * (weights_I > 0)))
        np.testing.assert_allclose(found_BD[row], expected_D, rtol=1e-4, atol=1e-5)


def test_bpr_takes_a_visitor_for_the_mean_of_the_history_as_it_differs_from_all(dataset, newcomers):
    fitted = Bpr(BprConfig(dimensions=4, iterations=5)).fit(dataset)
    distinct = [{item for item, _, _ in history} for history in lists_of(dataset.histories)]
    everybody_D = fitted.factors_ID_[[item for items in distinct for item in items]].mean(axis=0)
    for row, history in enumerate(lists_of(newcomers)):
        items = sorted({item for item, _, _ in history})
        vector_D = fitted.factors_ID_[items].mean(axis=0) - everybody_D if items else np.zeros(4)
        expected_I = fitted.factors_ID_ @ vector_D + fitted.bias_I_
        np.testing.assert_allclose(fitted.scores(newcomers)[row], expected_I, rtol=1e-4, atol=1e-6)


def test_folding_in_the_visitors_of_the_fit_changes_little(tastes):
    """At its optimum the next step of ALS is where it is."""
    config = AlsConfig(dimensions=4, regularisation=1.0, iterations=60, seed=1)
    fitted = Als(config).fit(tastes)
    again = Als(AlsConfig(dimensions=4, regularisation=1.0, iterations=61, seed=1)).fit(tastes)
    np.testing.assert_allclose(fitted.scores(tastes.histories), again.scores(tastes.histories), atol=0.02)


@pytest.mark.parametrize(
    "model",
    [
        Als(AlsConfig(dimensions=4, regularisation=0.5, iterations=10)),
        Bpr(BprConfig(dimensions=4, learning_rate=0.1, iterations=60)),
    ],
    ids=["als", "bpr"],
)
def test_newcomers_are_given_their_own_taste(model, tastes):
    own_I = np.array([item.startswith("taste-1") for item in tastes.item_ids])
    codes = np.flatnonzero(own_I)[:3]
    asked = Histories.single(codes, np.arange(3.0), np.ones(3))
    best = np.argsort(-model.fit(tastes).probabilities(asked, exclude_seen=True)[0])[:5]
    assert own_I[best].all()


def test_threads_do_not_change_als(tastes):
    one, two = (Als(AlsConfig(dimensions=4, threads=threads)).fit(tastes).factors_ID_ for threads in (1, 2))
    np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_another_seed_gives_other_factors(tastes):
    for model, config in ((Als, AlsConfig), (Bpr, BprConfig)):
        one, two = (model(config(dimensions=4, iterations=2, seed=seed)).fit(tastes).factors_ID_ for seed in (1, 2))
        assert not np.allclose(one, two)
