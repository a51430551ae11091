"""What pages tell of how many are in an audience: as it was followed a moment ago, and counted where that is not so."""

from datetime import timedelta

import pytest

from dashboard.audiences.models import Following
from dashboard.audiences.selectors import audience_size, latest_members, latest_sizes, ready_audiences
from dashboard.audiences.services import (
    change_audience,
    change_privacy,
    count_all_visitors,
    create_audience,
    follow_audiences,
)
from dashboard.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyers(shop, behave, small_groups):
    for number in range(5):
        behave(shop, f"v{number}", (number, "purchase" if number < 4 else "view_item", 5))
    count_all_visitors(shop=shop)
    return create_audience(shop=shop, name="Buyers", expression="purchases > 0", by=None)


@pytest.fixture
def counted(monkeypatch):
    """Conditions that were counted anew."""
    asked = []
    real = audience_size
    monkeypatch.setattr(
        "dashboard.audiences.selectors.followed.audience_size",
        lambda shop, condition: asked.append(str(condition.expression)) or real(shop, condition),
    )
    return asked


def told(shop, audience):
    size = latest_sizes(shop, [audience])[audience.pk]
    return size.visitors, size.known


def test_what_was_followed_a_moment_ago_is_not_counted_again(shop, buyers, counted):
    follow_audiences(shop=shop)
    assert told(shop, buyers) == (4, 5)
    assert latest_members(shop, buyers, 3) == ["v0", "v1", "v2"]
    assert counted == []


def test_before_it_is_followed_it_is_counted(shop, buyers, counted):
    assert told(shop, buyers) == (4, 5)
    assert latest_members(shop, buyers, 9) == ["v0", "v1", "v2", "v3"]
    assert counted == ["purchases > 0"]


def test_a_changed_condition_is_counted_at_once(shop, buyers, counted):
    follow_audiences(shop=shop)
    change_audience(shop=shop, audience_id=buyers.pk, expression="purchases = 0", by=None)
    assert ready_audiences(shop.pk)[buyers.pk].revision == 2
    buyers.refresh_from_db()
    size = latest_sizes(shop, [buyers])[buyers.pk]
    assert size.is_hidden, "one visitor"
    assert counted == ["purchases = 0"]


def test_where_nobody_follows_it_is_counted(shop, buyers, counted):
    follow_audiences(shop=shop)
    Following.objects.update(followed_at=clock.now() - timedelta(minutes=6))
    assert told(shop, buyers) == (4, 5)
    assert counted == ["purchases > 0"]


def test_a_larger_smallest_group_hides_at_once(shop, buyers, owner):
    follow_audiences(shop=shop)
    change_privacy(shop=shop, smallest_group=5, actor=owner)
    size = latest_sizes(shop, [buyers])[buyers.pk]
    assert size.is_hidden and not size.may_be_listed


def test_the_same_is_told_either_way(shop, buyers):
    before = latest_sizes(shop, [buyers])[buyers.pk], latest_members(shop, buyers, 9)
    follow_audiences(shop=shop)
    assert (latest_sizes(shop, [buyers])[buyers.pk], latest_members(shop, buyers, 9)) == before
