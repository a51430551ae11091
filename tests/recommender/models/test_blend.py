"""The blend is the weighted sum of probabilities whose weights were learned from what came next."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.evaluation.metrics import accuracy_per_visitor
from recommender.evaluation.ranks import full_ranking
from recommender.models.blend import CUTOFF, blend_probabilities, learn_weights, settle_weights
from recommender.models.popularity import Popularity
from recommender.models.transitions import Transitions
from recommender.training.effort import EffortConfig
from recommender.training.fitting import Surroundings, fit_for_validation, validation_split, weigh
from recommender.training.presets import TrainingConfig
from tests.recommender.made import dataset_of, described, walks
from tests.recommender.models.family import SMALL_ENCODER

NAMES = ["encoder", "transitions", "user_knn"]


def ndcg(shares_BCM, weights_M):
    """Of candidate 0, by the definition: ties stand before it."""
    values = []
    for shares_CM in shares_BCM:
        scores_C = shares_CM @ np.asarray(weights_M, np.float32)
        rank = sum(score >= scores_C[0] for score in scores_C)
        values.append(1 / np.log2(rank + 1) if rank <= CUTOFF else 0.0)
    return float(np.mean(values))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 3))
def test_the_blend_is_never_worse_than_its_best_component_where_it_learned(seed, models):
    rng = np.random.default_rng(seed)
    shares_BCM = rng.dirichlet(np.full(31, 0.2), (23, models)).transpose(0, 2, 1).astype(np.float32)
    shares_BCM[:, 0] *= rng.uniform(0.5, 4, models).astype(np.float32)  # some models know more
    weights = learn_weights(shares_BCM, NAMES[:models])
    best = max(ndcg(shares_BCM, one) for one in np.eye(models))
    assert ndcg(shares_BCM, list(weights.values())) >= best - 1e-6


def misleading(visitors):
    """Transitions put what came next second for everybody. With the encoder it is first for every visitor of an even
    row and for three in ten of the others, whom that misleads: .65 of those learned on, out of fold .47 against .63."""
    shares_BCM = np.zeros((visitors, 30, 2), np.float32)
    shares_BCM[:, 0, 1], shares_BCM[:, 1, 1] = 0.03, 0.04
    row_B = np.arange(visitors) % 20
    misled_B = (row_B % 2 == 1) & (row_B > 5)
    shares_BCM[~misled_B, 0, 0] = shares_BCM[~misled_B, 2, 0] = 0.3  # a tie that transitions resolve
    shares_BCM[misled_B, 1:, 0] = 1.0
    return shares_BCM


def test_where_one_model_is_better_out_of_fold_it_has_the_weight():
    shares_BCM = misleading(visitors=2000)
    assert learn_weights(shares_BCM, NAMES[:2])["transitions"] < 0.95
    settled = settle_weights(shares_BCM, NAMES[:2])
    assert settled["transitions"] > 0.99 and sum(settled.values()) == pytest.approx(1, abs=1e-3)


def test_few_visitors_move_the_weights_less():
    few, many = (settle_weights(misleading(visitors), NAMES[:2])["transitions"] for visitors in (20, 2000))
    assert learn_weights(misleading(20), NAMES[:2])["transitions"] < few < many


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.integers(0, 40))
def test_settled_weights_are_never_worse_than_a_model_that_won_out_of_fold(seed, visitors):
    rng = np.random.default_rng(seed)
    shares_BCM = rng.dirichlet(np.full(31, 0.2), (visitors, 3)).transpose(0, 2, 1).astype(np.float32)
    weights = settle_weights(shares_BCM, NAMES)
    assert sum(weights.values()) == pytest.approx(1, abs=1e-3) and min(weights.values()) >= 0
    if visitors:
        best = max(ndcg(shares_BCM, one) for one in np.eye(3))
        assert ndcg(shares_BCM, list(weights.values())) >= 0.98 * best


def test_a_blend_that_holds_out_of_fold_stays():
    shares_BCM = np.full((40, 30, 2), 0.01, np.float32)
    shares_BCM[::4, 0, 0] = shares_BCM[1::4, 0, 0] = shares_BCM[2::4, 0, 1] = shares_BCM[3::4, 0, 1] = 0.5
    names = ["transitions", "user_knn"]
    assert settle_weights(shares_BCM, names) == learn_weights(shares_BCM, names)


def test_weights_add_up_to_one_and_favour_the_model_that_knows():
    rng = np.random.default_rng(0)
    shares_BCM = rng.dirichlet(np.ones(30), (40, 3)).transpose(0, 2, 1).astype(np.float32)
    shares_BCM[:, 0, 1] = 1.0  # transitions always know what comes next
    weights = learn_weights(shares_BCM, NAMES)
    assert sum(weights.values()) == pytest.approx(1, abs=1e-3) and min(weights.values()) >= 0
    assert ndcg(shares_BCM, list(weights.values())) == 1.0


def test_popularity_always_keeps_a_little_for_those_of_whom_nothing_is_known():
    shares_BCM = np.zeros((10, 5, 2), np.float32)
    shares_BCM[:, 0, 0] = shares_BCM[:, 1:, 1] = 1.0  # popularity is always wrong
    weights = learn_weights(shares_BCM, ["transitions", "popularity"])
    assert weights["popularity"] > 0 and weights["transitions"] > 0.5


def test_without_anything_to_learn_from_the_weights_are_the_documented_ones():
    weights = learn_weights(np.zeros((0, 1, 3), np.float32), ["popularity", "transitions", "user_knn"])
    assert weights == pytest.approx({"popularity": 0.1, "transitions": 0.5, "user_knn": 0.4})


def test_the_blend_is_the_weighted_sum_of_probabilities(dataset, newcomers):
    models = {"popularity": Popularity().fit(dataset), "transitions": Transitions().fit(dataset)}
    blended_BI = blend_probabilities(models, {"popularity": 0.25, "transitions": 0.75}, newcomers, exclude_seen=True)
    parts = {name: model.probabilities(newcomers, exclude_seen=True) for name, model in models.items()}
    np.testing.assert_allclose(blended_BI, 0.25 * parts["popularity"] + 0.75 * parts["transitions"], rtol=1e-6)


def test_a_model_without_weight_is_not_asked(dataset, newcomers):
    models = {"popularity": Popularity().fit(dataset), "broken": None}
    blend_probabilities(models, {"popularity": 1.0, "broken": 0.0}, newcomers, exclude_seen=False)


@pytest.fixture(scope="module")
def validated():
    """A whole fit on walks, with the split that it was weighed on."""
    dataset = dataset_of(list(walks(visitors=150, items=41, seed=2)))
    split = validation_split(dataset, seed=0)
    fitted = fit_for_validation(split, TrainingConfig(encoder=SMALL_ENCODER), Surroundings("cpu"))
    return weigh(fitted, split, EffortConfig()), split


def mean_ndcg(scorer, split):
    ranking = full_ranking(scorer, split.histories, split.relevant, k=CUTOFF, exclude_seen=True)
    return accuracy_per_visitor(ranking, split.relevant, CUTOFF)["ndcg"].mean()


def test_the_blend_of_fitted_models_is_as_good_as_the_best_of_them_in_full_rankings(validated):
    fitted, split = validated
    alone = {name: mean_ndcg(model.scores, split) for name, model in fitted.models.items()}
    assert set(alone) == {"encoder", "transitions", "user_knn", "popularity"}
    assert mean_ndcg(lambda part: fitted.probabilities(part, exclude_seen=True), split) >= max(alone.values())


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_content_joins_late_and_the_blend_is_still_as_good_as_the_best(seed):
    rng = np.random.default_rng(seed)
    shares_BCM = rng.dirichlet(np.full(31, 0.2), (23, 4)).transpose(0, 2, 1).astype(np.float32)
    shares_BCM[:, 0] *= rng.uniform(0.5, 4, 4).astype(np.float32)
    names = [*NAMES, "content"]
    weights = learn_weights(shares_BCM, names)
    without = learn_weights(shares_BCM[:, :, :3], NAMES)
    assert list(weights) == names and sum(weights.values()) == pytest.approx(1, abs=1e-3)
    found = ndcg(shares_BCM, list(weights.values()))
    assert found >= max(ndcg(shares_BCM, one) for one in np.eye(4)) - 1e-6
    assert found >= ndcg(shares_BCM, [*without.values(), 0.0]) - 1e-6


def test_content_that_knows_what_others_do_not_gets_its_share():
    """Half of the visitors are told by the transitions, half by the content."""
    shares_BCM = np.full((40, 30, 2), 0.01, np.float32)
    shares_BCM[:20, 0, 0] = shares_BCM[20:, 0, 1] = 0.5
    shares_BCM[20:, 1, 0] = shares_BCM[:20, 1, 1] = 0.2
    weights = learn_weights(shares_BCM, ["transitions", "content"])
    assert 0.29 <= weights["content"] <= 0.71


def test_a_catalog_without_descriptions_changes_nothing():
    rows = list(walks(visitors=30, items=11))
    config = TrainingConfig().overridden({"encoder": {"epochs": 0}})
    split = validation_split(dataset_of(rows), 0)
    assert "content" not in fit_for_validation(split, config, Surroundings()).models
    bare = dataset_of(rows, described(items=0, others=[f"item-{number}" for number in range(11)]))
    assert "content" not in fit_for_validation(validation_split(bare, 0), config, Surroundings()).models
    told = dataset_of(rows, described(items=11))
    assert "content" in fit_for_validation(validation_split(told, 0), config, Surroundings()).models
