"""Signs of life: what arrives, without the history that is imported."""

from datetime import timedelta

import pytest

from dashboard.core import clock
from dashboard.events.selectors import arrivals_by_minute
from dashboard.events.services import record_events

pytestmark = pytest.mark.django_db


def view(event_id, days_ago):
    at = (clock.now() - timedelta(days=days_ago)).isoformat()
    return {"event_id": event_id, "type": "view_item", "visitor_id": "v", "item_id": "mug", "timestamp": at}


def test_imported_history_is_no_sign_of_life(shop):
    record_events(shop=shop, raw=[view("today", 0), view("last-week", 7)])
    assert sum(count.lines for count in arrivals_by_minute(shop.pk)) == 1


def test_another_shops_events_are_not_counted(shop, other_shop):
    record_events(shop=other_shop, raw=[view("theirs", 0)])
    assert arrivals_by_minute(shop.pk) == []
