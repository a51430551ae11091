"""What serving reads of one visitor."""

from datetime import timedelta

import pytest

from dashboard.core import clock
from dashboard.core.prepared import Prepared
from dashboard.events.models import Interaction
from dashboard.events.selectors import PastInteraction, recent_interactions
from dashboard.events.selectors.history import PAST, PAST_TYPES, past_of, past_parameters
from dashboard.events.services import record_events

pytestmark = pytest.mark.django_db
_ASKED = Prepared("forage_test_past", PAST_TYPES, PAST)


def recent_past(shop_id, visitor_id, limit=50):
    past = past_of(_ASKED.rows(past_parameters(shop_id, visitor_id, limit)), PastInteraction)
    return past.history, past.owned


@pytest.fixture
def did(shop):
    """`did("view_item mug", …)`: one thing a minute, the last one now."""

    def do(*deeds, visitor_id="v", of=shop):
        now = clock.now()
        events = [
            {
                "event_id": f"{visitor_id}-{number}",
                "type": deed.split()[0],
                "item_id": deed.split()[1],
                "visitor_id": visitor_id,
                "timestamp": (now - timedelta(minutes=len(deeds) - number)).timestamp(),
            }
            for number, deed in enumerate(deeds)
        ]
        assert not record_events(shop=of, raw=events).rejected

    return do


def test_history_is_oldest_first_and_knows_no_other_visitor_or_shop(shop, other_shop, did):
    did("view_item a", "add_to_cart b", "purchase c")
    did("view_item x", visitor_id="w")
    did("view_item y", of=other_shop)
    history = recent_interactions(shop.pk, "v")
    assert [(past.type, past.item_id) for past in history] == [
        ("view_item", "a"),
        ("add_to_cart", "b"),
        ("purchase", "c"),
    ]
    assert history[0].timestamp_seconds < history[-1].timestamp_seconds


def test_the_limit_keeps_the_latest(shop, did):
    did("view_item a", "view_item b", "view_item c")
    assert [past.item_id for past in recent_interactions(shop.pk, "v", limit=2)] == ["b", "c"]


def test_what_was_taken_back_is_no_interest(shop, did):
    did("refund a", "remove_from_cart b", "view_item c")
    assert [past.item_id for past in recent_interactions(shop.pk, "v")] == ["c"]


def test_nobody_has_no_history(shop):
    assert recent_interactions(shop.pk, "") == []


def test_a_cart_holds_what_was_added_and_neither_removed_nor_bought_since(shop, did):
    did("add_to_cart a", "add_to_cart b", "remove_from_cart b", "add_to_cart c", "purchase d", "add_to_cart d")
    assert recent_past(shop.pk, "v")[1] == {"a", "c", "d"}


def test_what_was_bought_lately_is_owned_and_what_was_bought_long_ago_is_not(shop, did):
    did("purchase a", "view_item b", "purchase c")
    Interaction.objects.filter(item_id="a").update(timestamp=clock.now() - timedelta(days=31))
    assert recent_past(shop.pk, "v")[1] == {"c"}


def test_a_cart_is_left_after_a_week(shop, did):
    did("add_to_cart a", "add_to_cart b")
    Interaction.objects.filter(item_id="a").update(timestamp=clock.now() - timedelta(days=8))
    assert recent_past(shop.pk, "v")[1] == {"b"}


def test_what_a_slate_asks_answers_the_same_history(shop, did):
    did("view_item a", "add_to_cart b", "refund a", "purchase c")
    history, _ = recent_past(shop.pk, "v", limit=2)
    assert history == recent_interactions(shop.pk, "v", limit=2)
