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


def test_a_segment_of_which_fewer_than_half_stay_gets_a_new_number():
    """The number went along with the largest overlap, and so to other people."""
    before = np.repeat([1, 2], [50, 40])
    after = np.repeat([0, 1, 2, 3], [22, 14, 14, 40])
    numbers = match_numbers(
        visitor_ids=VISITORS,
        memberships_VK=np.eye(4)[after],
        previous_numbers=dict(zip(VISITORS, before.tolist(), strict=True)),
    )
    assert numbers.tolist() == [3, 4, 5, 2]


def test_a_segment_that_is_swallowed_by_a_larger_one_does_not_name_it():
    before = np.repeat([1, 2, 3], [20, 35, 35])
    numbers = match_numbers(
        visitor_ids=VISITORS,
        memberships_VK=np.ones((90, 1)),
        previous_numbers=dict(zip(VISITORS, before.tolist(), strict=True)),
    )
    assert numbers.tolist() == [4]


def test_a_segment_of_an_earlier_artifact_comes_back_under_its_number():
    before = np.repeat([1, 2], [60, 30])
    after = np.repeat([0, 1, 2], [35, 25, 30])
    known = {
        "visitor_ids": VISITORS,
        "memberships_VK": np.eye(3)[after],
        "previous_numbers": dict(zip(VISITORS, before.tolist(), strict=True)),
        "reserved": {1, 2, 7, 8},
    }
    christmas = [*VISITORS[33:60], *(f"gone{i}" for i in range(20))]
    assert match_numbers(**known, former_members={7: [*christmas, *VISITORS[60:64]]}).tolist() == [1, 7, 2]
    assert match_numbers(**known, former_members={7: VISITORS[:50]}).tolist() == [1, 3, 2]


def test_a_new_number_does_not_look_like_one_that_is_shown():
    """Pages have 24 colours."""
    before = dict(zip(VISITORS, np.repeat([3, 2], [60, 30]).tolist(), strict=True))
    after = np.repeat([0, 1, 2], [45, 15, 30])
    numbers = match_numbers(
        visitor_ids=VISITORS, memberships_VK=np.eye(3)[after], previous_numbers=before, reserved=range(1, 27)
    )
    assert numbers.tolist() == [3, 28, 2]


def test_the_number_of_a_segment_that_is_gone_is_not_given_to_another():
    """Thirty of the second went to the first, and thirty newcomers are something new."""
    before = dict(zip(VISITORS[:60], np.repeat([1, 2], [35, 25]).tolist(), strict=True))
    numbers = match_numbers(
        visitor_ids=[*VISITORS[:60], *(f"new{i}" for i in range(30))],
        memberships_VK=np.eye(2)[np.repeat([0, 1], [60, 30])],
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
