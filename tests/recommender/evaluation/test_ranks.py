"""Full rankings against a count in plain Python: ties never favour what came next, seen items are no competitors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.data.histories import Histories
from recommender.evaluation.ranks import BATCH, Relevant, full_ranking, top_items

ITEMS = 7


@st.composite
def cases(draw):
    """Scores with many ties, what each visitor saw, and what came next (never seen items)."""
    visitors = draw(st.integers(1, 5))
    scores = [draw(st.lists(st.integers(0, 3), min_size=ITEMS, max_size=ITEMS)) for _ in range(visitors)]
    seen = [draw(st.sets(st.integers(0, ITEMS - 1), max_size=ITEMS - 1)) for _ in range(visitors)]
    relevant = [
        sorted(draw(st.sets(st.sampled_from(sorted(set(range(ITEMS)) - mine)), min_size=1, max_size=3)))
        for mine in seen
    ]
    return scores, [sorted(mine) for mine in seen], relevant


def histories_of(rows):
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(int)
    items = np.array([item for row in rows for item in row], np.int32)
    return Histories(starts, items, np.arange(len(items), dtype=float), np.ones(len(items), np.float32))


def relevant_of(rows):
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(int)
    return Relevant(starts, np.array([item for row in rows for item in row], int))


def ranked(scores, seen, relevant, *, k=3, exclude_seen=True):
    asked = iter(range(len(scores)))

    def scorer(histories):
        return np.array([scores[next(asked)] for _ in range(len(histories))], float).reshape(-1, ITEMS)

    return full_ranking(scorer, histories_of(seen), relevant_of(relevant), k=k, exclude_seen=exclude_seen)


def ranks_by_hand(scores, seen, relevant):
    """Irrelevant unseen items that score at least as much stand before; relevant ones in the order of their scores."""
    ranks = []
    for values, excluded, wanted in zip(scores, seen, relevant, strict=True):
        for item in wanted:
            others = [other for other in range(ITEMS) if other not in excluded and other not in wanted]
            before = sum(values[other] >= values[item] for other in others)
            before += sum((-values[other], other) < (-values[item], item) for other in wanted)
            ranks.append(before + 1)
    return ranks


@settings(max_examples=150)
@given(cases())
def test_ranks_equal_a_count_in_plain_python(case):
    scores, seen, relevant = case
    assert ranked(scores, seen, relevant).ranks_N.tolist() == ranks_by_hand(scores, seen, relevant)


@settings(max_examples=60)
@given(cases())
def test_with_seen_items_included_they_compete(case):
    scores, seen, relevant = case
    nothing = [[] for _ in seen]
    found = ranked(scores, seen, relevant, exclude_seen=False)
    assert found.ranks_N.tolist() == ranks_by_hand(scores, nothing, relevant)


@settings(max_examples=60)
@given(cases(), st.integers(1, 9))
def test_the_best_k_are_unseen_and_stand_in_the_order_of_their_scores(case, k):
    scores, seen, relevant = case
    for values, excluded, top in zip(scores, seen, ranked(scores, seen, relevant, k=k).top_BK.tolist(), strict=True):
        left = [item for item in range(ITEMS) if item not in excluded]
        shown = [item for item in top if item >= 0]
        assert len(top) == min(k, ITEMS) and len(shown) == len(set(shown)) == min(k, len(left))
        assert not set(shown) & set(excluded) and top[len(shown) :] == [-1] * (len(top) - len(shown))
        assert [values[item] for item in shown] == sorted((values[item] for item in left), reverse=True)[: len(shown)]


def test_an_item_that_ties_with_all_others_stands_last():
    assert ranked([[1] * ITEMS], [[]], [[2]]).ranks_N.tolist() == [ITEMS]


def test_a_model_that_scores_everything_alike_is_no_better_than_chance():
    assert ranked([[0] * ITEMS] * 2, [[1, 2], []], [[0], [0]]).ranks_N.tolist() == [ITEMS - 2, ITEMS]


def test_equal_scores_are_listed_by_code():
    assert top_items(np.array([[0.5, 0.9, 0.5, 0.5]]), 4).tolist() == [[1, 0, 2, 3]]


def test_more_visitors_than_a_batch_are_ranked_in_their_order():
    visitors = BATCH + 3
    targets = np.arange(visitors) % ITEMS
    asked = []

    def scorer(histories):
        asked.append(len(histories))
        return np.tile(np.arange(ITEMS, 0, -1.0), (len(histories), 1))

    empty = histories_of([[] for _ in range(visitors)])
    ranking = full_ranking(scorer, empty, Relevant.single(targets), k=2, exclude_seen=True)
    assert asked == [BATCH, 3] and ranking.ranks_N.tolist() == (targets + 1).tolist()
    assert ranking.top_BK.shape == (visitors, 2)


def test_nobody_to_ask_is_an_empty_ranking():
    ranking = ranked([], [], [])
    assert len(ranking.ranks_N) == 0 and len(ranking.top_BK) == 0


def test_the_scores_of_the_model_are_left_alone():
    scores_BI = np.ones((1, ITEMS), np.float32)
    full_ranking(lambda _: scores_BI, histories_of([[0, 1]]), relevant_of([[2]]), k=2, exclude_seen=True)
    assert np.isfinite(scores_BI).all()


@pytest.mark.parametrize("k", [1, 7, 40])
@pytest.mark.parametrize("shape", ["all different", "few values", "mostly nothing", "mostly ruled out", "all alike"])
def test_in_a_large_catalog_the_best_are_those_of_a_stable_sort(shape, k):
    rng = np.random.default_rng(3)
    scores_BI = {
        "all different": rng.random((9, 1503)),
        "few values": rng.integers(0, 50, (9, 1503)) / 7,
        "mostly nothing": rng.random((9, 1503)) * (rng.random((9, 1503)) < 0.02),
        "mostly ruled out": np.where(rng.random((9, 1503)) < 0.01, rng.random((9, 1503)), -np.inf),
        "all alike": np.zeros((9, 1503)),
    }[shape].astype(np.float32)
    order_BK = np.argsort(-scores_BI, axis=1, kind="stable")[:, :k]
    values_BK = np.take_along_axis(scores_BI, order_BK, axis=1)
    assert top_items(scores_BI, k).tolist() == np.where(np.isneginf(values_BK), -1, order_BK).tolist()
