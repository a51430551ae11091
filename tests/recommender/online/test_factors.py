"""ALS goes on while interactions arrive: touched rows are solved exactly, all others stand still."""

import numpy as np
import pytest

from recommender.models.matrix import Als, AlsConfig
from recommender.online import OnlineBehaviour, OnlineFactors
from tests.recommender.made import interactions_of, walks

CONFIG = AlsConfig(dimensions=5, regularisation=0.5, confidence=4.0, iterations=6, seed=3)
NEW = [
    ("visitor-3", "item-9", "purchase", 3e9),
    ("newcomer", "item-9", "view_item", 3e9),
    ("newcomer", "new", "purchase", 3e9 + 1),
]


@pytest.fixture
def shop(one_thread):
    """A behaviour, and factors that have taken NEW in."""
    behaviour = OnlineBehaviour()
    behaviour.append(interactions_of(list(walks(visitors=40, items=17))))
    online = OnlineFactors(Als(CONFIG).fit(behaviour.dataset()), behaviour)
    before = online.item_ID.copy()
    change = behaviour.append(interactions_of(NEW))
    online.apply(change)
    return behaviour, online, before, change


def confidences(behaviour):
    """c of every visitor and item, in plain Python."""
    dataset = behaviour.dataset()
    sums = np.zeros((len(dataset.visitor_ids), dataset.items))
    for row, item, weight in zip(
        dataset.histories.rows_N, dataset.histories.items_N, dataset.histories.weights_N, strict=True
    ):
        sums[row, item] += weight
    return 1 + CONFIG.confidence * np.log1p(sums), sums > 0


def objective(behaviour, visitor_VD, item_ID):
    c_VI, chosen_VI = confidences(behaviour)
    fit = (c_VI * (chosen_VI - visitor_VD.astype(float) @ item_ID.astype(float).T) ** 2).sum()
    return fit + CONFIG.regularisation * ((visitor_VD.astype(float) ** 2).sum() + (item_ID.astype(float) ** 2).sum())


def test_touched_items_stand_at_the_minimum_of_the_objective(shop):
    behaviour, online, _, _ = shop
    c_VI, chosen_VI = confidences(behaviour)
    for item in ("item-9", "new"):
        code = behaviour.code_of[item]
        u_VD, y_D = online.visitor_VD.astype(float), online.item_ID[code].astype(float)
        gradient_D = u_VD.T @ (c_VI[:, code] * (u_VD @ y_D - chosen_VI[:, code])) + CONFIG.regularisation * y_D
        assert np.abs(gradient_D).max() < 1e-4


def test_what_was_not_touched_stands_still(shop):
    _, online, before, change = shop
    touched = {*change.before.items_N.tolist(), *change.after.items_N.tolist()}
    others = [code for code in range(len(before)) if code not in touched]
    assert others
    np.testing.assert_array_equal(online.item_ID[others], before[others])


def test_every_change_lowers_the_objective_of_the_whole(shop):
    behaviour, online, before, change = shop
    new_items = np.zeros((len(online.item_ID) - len(before), CONFIG.dimensions))
    stale_ID = np.concatenate([before, new_items])
    stale_VD = online.visitor_VD.copy()
    stale_VD[change.visitors_B] = 0
    assert objective(behaviour, online.visitor_VD, online.item_ID) < objective(behaviour, stale_VD, stale_ID)


def test_a_new_item_is_recommended_to_who_is_like_its_visitor(shop):
    behaviour, online, _, _ = shop
    scores_I = online.model().scores(behaviour.histories(np.array([behaviour.row_of["newcomer"]])))[0]
    assert scores_I.shape == (18,) and scores_I[behaviour.code_of["new"]] > np.median(scores_I)


def test_touched_items_equal_a_sweep_of_implicit(shop):
    """The peer solves for the same items directly, in 32 bits."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    behaviour, online, _, change = shop
    c_VI, chosen_VI = confidences(behaviour)
    peer = AlternatingLeastSquares(
        factors=5, regularization=CONFIG.regularisation, num_threads=1, use_cg=False, random_state=1
    )
    peer.user_factors, peer.item_factors = online.visitor_VD, online.item_ID
    rows_VI = sparse.csr_matrix((c_VI * chosen_VI).astype(np.float32))
    touched = np.unique(change.after.items_N)
    theirs = peer.recalculate_item(touched, sparse.csr_matrix(rows_VI.T[touched]))
    np.testing.assert_allclose(online.item_ID[touched], theirs, rtol=1e-3, atol=1e-4)
