"""Transitions against a computation pair by pair, as the module's equations say."""

import numpy as np
import pytest
from scipy import sparse

from recommender.models.strongest import strongest
from recommender.models.transitions import DECAYS, Transitions, TransitionsConfig
from tests.recommender.made import dataset_of, lists_of

CONFIG = TransitionsConfig(
    gap_ends=(1, 3, 4),
    forward=(1.0, 0.5, 0.2),
    backward=(0.4, 0.3, 0.1),
    row_offset=0.3,
    row_power=0.4,
    column_offset=0.7,
    column_power=0.1,
    history_decay=0.6,
    history_length=4,
)


def bucket(gap):
    return next((place for place, end in enumerate(CONFIG.gap_ends) if gap <= end), None)


def values_by_hand(histories, items):
    counts_II = np.zeros((items, items))
    for history in lists_of(histories):
        codes = [item for item, _, _ in history]
        for i, earlier in enumerate(codes):
            for j in range(i + 1, len(codes)):
                place, later = bucket(j - i), codes[j]
                if place is not None and earlier != later:
                    counts_II[earlier, later] += CONFIG.forward[place]
                    counts_II[later, earlier] += CONFIG.backward[place]
    row_I1 = (counts_II.sum(axis=1, keepdims=True) + CONFIG.row_offset) ** -CONFIG.row_power
    return counts_II * row_I1 * (counts_II.sum(axis=0) + CONFIG.column_offset) ** -CONFIG.column_power


def scores_by_hand(values_II, history):
    newest_first = [item for item, _, _ in history][::-1][: CONFIG.history_length]
    return sum((CONFIG.history_decay**age * values_II[item] for age, item in enumerate(newest_first)), np.zeros(17))


def test_the_values_are_those_of_all_pairs(dataset):
    values_II = Transitions(CONFIG).fit(dataset).values_II_.toarray()
    np.testing.assert_allclose(values_II, values_by_hand(dataset.histories, dataset.items), rtol=1e-5)


def test_the_scores_are_decayed_sums_over_the_newest_of_the_history(dataset, newcomers):
    scores_BI = Transitions(CONFIG).fit(dataset).scores(newcomers)
    values_II = values_by_hand(dataset.histories, dataset.items)
    by_hand = [scores_by_hand(values_II, history) for history in lists_of(newcomers)]
    np.testing.assert_allclose(scores_BI, by_hand, rtol=1e-4, atol=1e-7)


def test_what_follows_counts_more_than_what_came_before():
    rows = [("ann", item, "view_item", second) for second, item in enumerate(["mug", "lamp", "rug"])]
    dataset = dataset_of(rows)
    code_of = {item: code for code, item in enumerate(dataset.item_ids)}
    values_II = Transitions().fit(dataset).values_II_
    assert values_II[code_of["lamp"], code_of["rug"]] > values_II[code_of["lamp"], code_of["mug"]] > 0


def test_visitors_do_not_run_into_each_other():
    rows = [("ann", "mug", "view_item", 1), ("bob", "lamp", "view_item", 2), ("cleo", "rug", "view_item", 3)]
    assert Transitions().fit(dataset_of(rows)).values_II_.nnz == 0


def test_only_the_strongest_neighbours_are_kept(dataset):
    whole_II = Transitions(CONFIG).fit(dataset).values_II_.toarray()
    cut = Transitions(TransitionsConfig(**{**vars(CONFIG), "neighbours": 3})).fit(dataset).values_II_
    assert np.diff(cut.indptr).max() == 3
    for row_I, cut_I in zip(whole_II, cut.toarray(), strict=True):
        assert sorted(cut_I[cut_I > 0]) == sorted(row_I)[-3:]


def test_ties_at_the_limit_keep_the_first_columns():
    matrix = sparse.csr_array(np.array([[2.0, 1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 5.0, 0.0, 0.0]]))
    assert strongest(matrix, 2).toarray().tolist() == [[2, 1, 0, 0, 0], [0, 0, 5, 0, 0]]


@pytest.mark.parametrize("slow", [False, True])
def test_tuning_finds_how_fast_histories_fade(slow):
    """What comes next follows the newest item, or else the item that most of the older history led to."""
    rng = np.random.default_rng(2)
    rows = [
        (f"{number}", f"{theme}-{place}", "view_item", place)
        for number, theme in enumerate(rng.integers(0, 6, 90))
        for place in range(4)
    ]
    asked, targets = [], []
    for number, (theme, other) in enumerate(rng.permuted(np.tile(range(6), (40, 1)), axis=1)[:, :2]):
        asked += [(f"asked {number}", f"{theme}-{place}", "view_item", place) for place in range(3)]
        asked += [(f"asked {number}", f"{other}-2", "view_item", 3)]
        targets.append(f"{theme if slow else other}-3")
    known = dataset_of(rows)
    code_of = {item: code for code, item in enumerate(known.item_ids)}
    histories = recoded(dataset_of(asked), code_of)
    tuned = Transitions().fit(known).tune(histories, np.array([code_of[item] for item in targets]))
    assert tuned.config.history_decay in (DECAYS[4:] if slow else DECAYS[:1])


def recoded(dataset, code_of):
    from dataclasses import replace

    codes_I = np.array([code_of[item] for item in dataset.item_ids], np.int32)
    return replace(dataset.histories, items_N=codes_I[dataset.histories.items_N])


def test_the_decay_is_the_same_however_few_visitors_are_asked_at_once(dataset, monkeypatch):
    targets_B = np.random.default_rng(0).integers(dataset.items, size=len(dataset.visitor_ids))
    whole = Transitions(CONFIG).fit(dataset).tune(dataset.histories, targets_B)
    monkeypatch.setattr("recommender.parallel.CELLS", 3 * dataset.items)
    few = Transitions(CONFIG).fit(dataset).tune(dataset.histories, targets_B)
    assert whole.config == few.config
