"""What each protocol hides from the models, and whom it asks about what."""

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.evaluation.protocols import FOLDS, PROTOCOLS, sampled, splits
from recommender.training.fitting import validation_split
from tests.recommender.made import dataset_of, lists_of, walks


@pytest.fixture(scope="module")
def dataset():
    """Walks of 40 visitors, of whom three came back much later, and five who did only one thing."""
    lonely = [(f"lonely-{number}", f"item-{number}", "view_item", 1.9e9 + number) for number in range(5)]
    back = [(f"visitor-{number}", f"item-{number}", "view_item", 1.95e9 + number) for number in range(3)]
    return dataset_of([*walks(visitors=40, items=13), *lonely, *back])


def named(dataset, histories=None):
    """{visitor: [item]} of a dataset."""
    rows = lists_of(dataset.histories if histories is None else histories)
    return {
        visitor: [dataset.item_ids[item] for item, _, _ in row]
        for visitor, row in zip(dataset.visitor_ids, rows, strict=True)
    }


def asked(split):
    """[(history, relevant)] as item ids."""
    ids = split.train.item_ids
    rows = [[ids[item] for item, _, _ in row] for row in lists_of(split.histories)]
    return [(row, [ids[item] for item in split.relevant.of(place)]) for place, row in enumerate(rows)]


def test_leave_one_out_hides_the_last_item_of_everybody_with_two(dataset):
    (split,) = splits(dataset, "leave-one-out", exclude_seen=False, seed=0)
    whole = named(dataset)
    assert named(split.train) == {visitor: row[:-1] if len(row) > 1 else row for visitor, row in whole.items()}
    assert asked(split) == [(row[:-1], row[-1:]) for row in whole.values() if len(row) > 1]


def test_where_lists_exclude_seen_items_nobody_is_asked_about_them(dataset):
    (every,) = splits(dataset, "leave-one-out", exclude_seen=False, seed=0)
    (split,) = splits(dataset, "leave-one-out", exclude_seen=True, seed=0)
    assert asked(split) == [(row, relevant) for row, relevant in asked(every) if relevant[0] not in row]
    assert 0 < len(split.histories) < len(every.histories)


def test_temporal_learns_from_before_a_moment_and_asks_about_what_came_after(dataset):
    (split,) = splits(dataset, "temporal", exclude_seen=False, seed=0)
    cut = split.train.histories.seconds_N.max()
    seconds_N = dataset.histories.seconds_N
    assert split.train.interactions == (seconds_N <= cut).sum() == pytest.approx(0.9 * len(seconds_N), abs=1)
    before, after = (named(dataset, dataset.histories.where(part)) for part in (seconds_N <= cut, seconds_N > cut))
    expected = [(before[visitor], set(after[visitor])) for visitor in before if before[visitor] and after[visitor]]
    assert [(row, set(relevant)) for row, relevant in asked(split)] == expected and expected


def test_temporal_asks_about_each_item_once():
    early = [(f"{visitor}", f"item-{place}", "view_item", visitor) for visitor in range(20) for place in range(3)]
    late = [
        ("0", item, "view_item", 100 + place) for place, item in enumerate(["lamp", "mug", "lamp", "item-1", "mug"])
    ]
    (split,) = splits(dataset_of(early + late), "temporal", exclude_seen=True, seed=0)
    ((history, relevant),) = asked(split)
    assert set(history) == {"item-0", "item-1", "item-2"} and sorted(relevant) == ["lamp", "mug"]


def test_k_fold_asks_about_visitors_that_the_models_never_met(dataset):
    whole = named(dataset)
    met = []
    for split in splits(dataset, "k-fold", exclude_seen=False, seed=0):
        known = named(split.train)
        strangers = [visitor for visitor in whole if visitor not in known]
        assert all(known[visitor] == whole[visitor] for visitor in known)
        assert asked(split) == [(whole[v][:-1], whole[v][-1:]) for v in strangers if len(whole[v]) > 1]
        met += strangers
    assert sorted(met) == sorted(whole), "each visitor is a stranger in one fold"


def test_k_fold_has_five_folds_that_follow_from_the_seed(dataset):
    folds = {seed: list(splits(dataset, "k-fold", exclude_seen=True, seed=seed)) for seed in (1, 2)}
    again = list(splits(dataset, "k-fold", exclude_seen=True, seed=1))
    assert len(folds[1]) == FOLDS
    assert [asked(split) for split in again] == [asked(split) for split in folds[1]]
    assert [asked(split) for split in again] != [asked(split) for split in folds[2]]


def test_a_fold_in_which_nobody_can_be_asked_is_left_out():
    """Four visitors in five folds: one at least is empty."""
    few = dataset_of(list(walks(visitors=4, items=13, seed=1)))
    found = list(splits(few, "k-fold", exclude_seen=False, seed=0))
    assert sum(len(split.histories) for split in found) == 4


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_items_that_are_held_out_can_still_be_ranked(dataset, protocol):
    for split in splits(dataset, protocol, exclude_seen=True, seed=0):
        assert split.train.items == dataset.items


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "behaviour",
    [
        [("ann", "mug", "view_item", 1)],
        [(f"visitor-{number}", "mug", "view_item", number) for number in range(9)],
        [(f"visitor-{number}", f"item-{number}", "view_item", 7) for number in range(9)],
    ],
)
def test_a_dataset_in_which_nobody_can_be_asked_is_refused(protocol, behaviour):
    with pytest.raises(InputError, match=protocol):
        list(splits(dataset_of(behaviour), protocol, exclude_seen=True, seed=0))


def test_the_validation_of_a_training_hides_the_last_item_too(dataset):
    split = validation_split(dataset, seed=0)
    whole = named(dataset)
    askable = [(row[:-1], row[-1:]) for row in whole.values() if len(row) > 1 and row[-1] not in row[:-1]]
    assert sorted(asked(split)) == sorted(askable)
    hidden = np.sum(dataset.histories.lengths_B > 1)
    assert split.train.interactions == dataset.interactions - hidden


def test_last_session_hides_all_of_it_and_asks_with_what_came_before():
    day = 86400
    rows = [
        ("ann", item, "view_item", second)
        for item, second in [("mug", 0), ("rug", 60), ("lamp", day), ("pan", day + 60)]
    ]
    rows += [("ben", "mug", "view_item", 0), ("ben", "pan", "view_item", 60)]
    (split,) = splits(dataset_of(rows), "last-session", exclude_seen=True, seed=0)
    assert named(split.train) == {"ann": ["mug", "rug"], "ben": []}
    ((history, relevant),) = asked(split)
    assert history == ["mug", "rug"] and sorted(relevant) == ["lamp", "pan"]


def test_session_k_fold_asks_about_sessions_that_the_models_never_met():
    rows = [
        (f"visitor-{visitor}", f"item-{(visitor + step) % 7}", "view_item", visitor * 1e6 + day * 86400 + step * 60)
        for visitor in range(6)
        for day in range(3)
        for step in range(2 + day)
    ]
    whole = dataset_of(rows)
    found = list(splits(whole, "session-k-fold", exclude_seen=False, seed=0))
    assert sum(len(split.histories) for split in found) == 18, "six visitors with three sessions each, asked about once"
    for split in found:
        assert all("#" in visitor for visitor in split.train.visitor_ids)
        assert split.train.histories.lengths_B.max() <= 4, "a session is never joined to another"


@pytest.mark.parametrize("protocol", ["leave-one-out", "last-session"])
def test_of_many_visitors_some_are_asked_the_same_as_before(dataset, protocol):
    (whole,) = splits(dataset, protocol, exclude_seen=False, seed=0)
    everybody, few = asked(whole), len(whole.histories) // 2
    first, again, other = (sampled(whole, few, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert len(asked(first)) == few and all(question in everybody for question in asked(first))
    assert asked(first) == asked(again) and asked(first) != asked(other)
    assert first.train is whole.train and first.train.items == dataset.items, "all items stay to be ranked"


def test_of_fewer_visitors_than_may_be_asked_all_are(dataset):
    (whole,) = splits(dataset, "leave-one-out", exclude_seen=False, seed=0)
    assert sampled(whole, len(whole.histories), np.random.default_rng(0)) is whole
