"""Our measures against those of independent libraries, on lists of `lists_made` (made with NumPy alone).

GOLDEN is what RecTools 0.19.0 gives, in an environment of its own because it wants an old NumPy (`pip install
rectools==0.19.0 ranx==0.3.21`), from `calc_metrics` with `HitRate(k), Precision(k), Recall(k), MRR(k), Serendipity(k),
NDCG(k, divide_by_achievable=True), CatalogCoverage(k, normalize=True)` and `IntraListDiversity(k, c)`, where c is a
`PairwiseDistanceCalculator` of 1 − cosine, for the tables of `made()`: reco (visitor, item, rank), interactions
(relevant items), previous interactions (histories), catalog range(17). ranx 0.3.21 (`evaluate(Qrels, Run, ["ndcg@6",
"map@6", …])`) gives the same values for the measures that it has, and `map`.
"""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import ndcg_score

from recommender.evaluation.lists import coverage, intra_list_distance, serendipity
from recommender.evaluation.metrics import accuracy_per_visitor
from recommender.evaluation.ranks import Ranking, Relevant
from recommender.evaluation.traits import popularity_ranks
from tests.recommender.evaluation.lists_made import ITEMS, features, made

GOLDEN = {
    1: {"hr": 0.2608695652, "precision": 0.2608695652, "recall": 0.0833333333, "ndcg": 0.2608695652}
    | {"mrr": 0.2608695652, "serendipity": 0.1125319693, "coverage": 0.6470588235},
    3: {"hr": 0.6086956522, "precision": 0.2898550725, "recall": 0.3623188406, "ndcg": 0.3369554303}
    | {"mrr": 0.4275362319, "serendipity": 0.0886615516, "coverage": 1.0, "intra_list_distance": 0.4088394407},
    6: {"hr": 0.8260869565, "precision": 0.3188405797, "recall": 0.8007246377, "ndcg": 0.5418452074}
    | {"mrr": 0.4746376812, "serendipity": 0.0626598465, "coverage": 1.0, "intra_list_distance": 0.3973936485}
    | {"map": 0.421557971},
}


@pytest.fixture(scope="module")
def rows():
    return made()


@pytest.fixture(scope="module")
def relevant(rows):
    starts = np.concatenate([[0], np.cumsum([len(wanted) for _, wanted, _ in rows])])
    return Relevant(starts, np.array([item for _, wanted, _ in rows for item in wanted]))


@pytest.fixture(scope="module")
def ranking(rows):
    ranks = [shown.index(item) + 1 if item in shown else 99 for _, wanted, shown in rows for item in wanted]
    return Ranking(np.array(ranks), np.array([shown for _, _, shown in rows]))


@pytest.mark.parametrize("k", GOLDEN)
def test_measures_equal_those_of_an_independent_library(rows, relevant, ranking, k):
    chosen_I = np.bincount([item for history, _, _ in rows for item in history], minlength=ITEMS)
    top_BK = ranking.top_BK[:, :k]
    unit_IF = features() / np.linalg.norm(features(), axis=1, keepdims=True)
    ours = {name: values_B.mean() for name, values_B in accuracy_per_visitor(ranking, relevant, k).items()} | {
        "serendipity": serendipity(top_BK, relevant, popularity_ranks(chosen_I)).mean(),
        "coverage": coverage(top_BK, ITEMS),
        "intra_list_distance": intra_list_distance(top_BK, sparse.csr_array(unit_IF)).mean(),
    }
    assert {name: ours[name] for name in GOLDEN[k]} == pytest.approx(GOLDEN[k], abs=1e-9)


@pytest.mark.parametrize("k", [1, 3, 6, 17])
def test_ndcg_equals_scikit_learns(k):
    rng = np.random.default_rng(5)
    scores_BI, wanted_BI = rng.random((40, ITEMS)), rng.random((40, ITEMS)) < 0.2
    wanted_BI[:, 3] = True
    rank_BI = (-scores_BI).argsort(axis=1).argsort(axis=1) + 1
    relevant = Relevant(np.concatenate([[0], np.cumsum(wanted_BI.sum(axis=1))]), np.nonzero(wanted_BI)[1])
    ours = accuracy_per_visitor(Ranking(rank_BI[wanted_BI], np.zeros((40, 0), int)), relevant, k)["ndcg"]
    assert ours.mean() == pytest.approx(ndcg_score(wanted_BI, scores_BI, k=k))
