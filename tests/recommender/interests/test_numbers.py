import numpy as np

from recommender.interests import match_numbers

VISITORS = [f"v{i}" for i in range(90)]


def _memberships(labels, segments):
    return np.eye(segments)[labels] * 0.8 + 0.2 / segments


def test_numbers_go_by_size_at_first():
    labels = np.repeat([0, 1, 2], [20, 40, 30])
    assert match_numbers(visitor_ids=VISITORS, memberships_VK=_memberships(labels, 3)).tolist() == [3, 1, 2]


def test_numbers_stay_when_the_components_come_in_another_order():
    before = np.repeat([1, 2, 3], [40, 30, 20])
    after = np.array([2, 0, 1])[before - 1]
    after[:3] = 1
    numbers = match_numbers(
        visitor_ids=VISITORS,
        memberships_VK=_memberships(after, 3),
        previous_numbers=dict(zip(VISITORS, before.tolist(), strict=True)),
    )
    assert numbers.tolist() == [2, 3, 1]


def test_a_new_segment_gets_a_number_that_none_had():
    before = np.repeat([1, 3], [60, 30])
    after = np.repeat([0, 1, 2], [40, 20, 30])
    numbers = match_numbers(
        visitor_ids=VISITORS,
        memberships_VK=_memberships(after, 3),
        previous_numbers=dict(zip(VISITORS, before.tolist(), strict=True)),
        reserved={2},
    )
    assert numbers.tolist() == [1, 4, 3]


def test_the_number_of_a_segment_that_is_gone_is_not_given_to_another():
    before = dict(zip(VISITORS[:60], np.repeat([1, 2], [30, 30]).tolist(), strict=True))
    after = np.repeat([0, 1], [30, 60])
    memberships_VK = np.eye(2)[after]
    memberships_VK[30:60] = [0.5, 0.5]
    numbers = match_numbers(
        visitor_ids=[*VISITORS[:30], *(f"new{i}" for i in range(60))],
        memberships_VK=memberships_VK,
        previous_numbers=before,
    )
    assert numbers.tolist() == [1, 3]


def test_top_items_decide_where_too_few_visitors_are_in_both():
    numbers = match_numbers(
        visitor_ids=["x", "y", "z"],
        memberships_VK=np.eye(3),
        top_items_K=[["lamp", "bulb"], ["tea", "cup", "pot"], ["rug"]],
        previous_numbers={"x": 5},
        previous_top_items={5: ["tea", "cup", "saucer"], 7: ["bulb", "lamp"]},
    )
    assert numbers.tolist() == [7, 5, 1]


def test_numbers_stay_when_one_segment_splits():
    before = dict.fromkeys(VISITORS, 1)
    after = np.repeat([0, 1], [30, 60])
    numbers = match_numbers(visitor_ids=VISITORS, memberships_VK=np.eye(2)[after], previous_numbers=before)
    assert numbers.tolist() == [2, 1]
