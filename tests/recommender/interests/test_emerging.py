"""An interest that emerges is found with its items and its visitors; what segments are about, and chance, are not."""

import numpy as np
import pytest

from recommender.data.histories import Histories
from recommender.interests.emerging import emerging_interests

DAY = 86_400.0
INTERESTS, ITEMS_EACH, VISITORS = 4, 30, 1600
PLANTED = list(range(INTERESTS * ITEMS_EACH, INTERESTS * ITEMS_EACH + 8))
ITEMS = INTERESTS * ITEMS_EACH + len(PLANTED) + 20


def histories(events):
    """`events`: (visitor, item, days ago)."""
    ordered = sorted(events, key=lambda event: (event[0], -event[2]))
    counts = np.bincount([visitor for visitor, _item, _age in ordered], minlength=VISITORS)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    items_N = np.array([item for _visitor, item, _age in ordered], np.int32)
    seconds_N = 1_750_000_000.0 - np.array([age for _visitor, _item, age in ordered]) * DAY
    return Histories(starts, items_N, seconds_N, np.ones(len(ordered), np.float32))


def steady(rng, skew=(0.4, 0.3, 0.2, 0.1)):
    """Visitors who choose three to six items in each four weeks, mostly of their own interest; and that interest."""
    interest_V = rng.choice(INTERESTS, VISITORS, p=skew)
    events = []
    for visitor, interest in enumerate(interest_V):
        for begin in (0.0, 28.0):
            for _ in range(rng.integers(3, 7)):
                own = rng.random() < 0.8
                item = interest * ITEMS_EACH + rng.integers(ITEMS_EACH) if own else rng.integers(ITEMS)
                events.append((visitor, int(item), begin + float(rng.uniform(0.1, 27.9))))
    return events, interest_V


def planted(rng, visitors, *, ages=(0.1, 27.0)):
    return [
        (int(visitor), int(item), float(rng.uniform(*ages)))
        for visitor in visitors
        for item in rng.choice(PLANTED, 4, replace=False)
    ]


def test_items_that_rise_together_among_visitors_of_all_segments_are_found():
    rng = np.random.default_rng(1)
    events, interest_V = steady(rng)
    who = rng.choice(VISITORS, 70, replace=False)
    (found,) = emerging_interests(histories(events + planted(rng, who)), ITEMS, interest_V)
    assert len(set(found.items) & set(PLANTED)) >= 7
    assert len(set(found.items) - set(PLANTED)) <= 1
    assert len(set(found.rows_B) & set(who)) >= 0.95 * len(who)
    assert len(set(found.rows_B) - set(who)) <= 5
    assert found.low > 5


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_emerges_nothing_is_found(seed):
    events, interest_V = steady(np.random.default_rng(seed))
    assert emerging_interests(histories(events), ITEMS, interest_V) == []


def test_what_has_been_there_before_does_not_emerge():
    rng = np.random.default_rng(2)
    events, interest_V = steady(rng)
    who = rng.choice(VISITORS, 70, replace=False)
    both = planted(rng, who) + planted(rng, who, ages=(28.1, 55.0))
    assert emerging_interests(histories(events + both), ITEMS, interest_V) == []


def test_what_a_large_part_of_a_segment_shares_is_that_segments_own():
    rng = np.random.default_rng(3)
    events, interest_V = steady(rng)
    members = np.flatnonzero(interest_V == 3)
    own = events + planted(rng, members[: len(members) // 2])
    assert emerging_interests(histories(own), ITEMS, interest_V) == []
    larger = np.flatnonzero(interest_V == 0)[: len(members) // 2]
    assert len(emerging_interests(histories(events + planted(rng, larger)), ITEMS, interest_V)) == 1


def test_what_is_of_a_category_that_a_segment_is_about_is_claimed():
    rng = np.random.default_rng(4)
    events, interest_V = steady(rng)
    categories = [["Camping"] if item in PLANTED[:5] else ["Rest"] for item in range(ITEMS)]
    whole = histories(events + planted(rng, rng.choice(VISITORS, 70, replace=False)))
    assert len(emerging_interests(whole, ITEMS, interest_V, categories, claimed={"Rest"})) == 1
    assert emerging_interests(whole, ITEMS, interest_V, categories, claimed={"Camping"}) == []


def test_a_handful_of_visitors_is_no_interest():
    rng = np.random.default_rng(5)
    events, interest_V = steady(rng)
    few = planted(rng, rng.choice(VISITORS, 14, replace=False))
    assert emerging_interests(histories(events + few), ITEMS, interest_V) == []


def test_two_interests_are_told_apart_and_a_visitor_belongs_to_one():
    rng = np.random.default_rng(6)
    events, interest_V = steady(rng)
    one, other = np.split(rng.choice(VISITORS, 160, replace=False), [95])
    second = [item + len(PLANTED) for item in PLANTED]
    more = [(visitor, item + len(PLANTED), age) for visitor, item, age in planted(rng, other)]
    found = emerging_interests(histories(events + planted(rng, one) + more), ITEMS, interest_V)
    assert len(found) == 2
    assert all(set(interest.items) & set(group) for interest, group in zip(found, (PLANTED, second), strict=True))
    assert len(found[0].rows_B) > len(found[1].rows_B)
    assert not set(found[0].rows_B) & set(found[1].rows_B)


def test_a_shop_without_a_past_has_none():
    fresh = [(visitor, visitor % 5, 1.0) for visitor in range(40)]
    assert emerging_interests(histories(fresh), ITEMS, np.zeros(VISITORS, np.int64)) == []
    assert emerging_interests(histories([]), ITEMS, np.zeros(VISITORS, np.int64)) == []
