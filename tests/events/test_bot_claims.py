"""Anybody can say of anybody that he is a program: that takes no shopper out of figures or training."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from dashboard.core import clock
from dashboard.events.bots import MOST_VIEWS_A_MINUTE
from dashboard.events.models import BotVisitor, Impression, Interaction
from dashboard.events.selectors import without_bots
from dashboard.events.services import mark_too_fast, record_events

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 9, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def three_minutes_later():
    with clock.standing_at(NOW + timedelta(minutes=3)):
        yield


def view(visitor_id, number, *, kind="view_item", at=NOW, **fields):
    event_id = f"{visitor_id}-{kind}-{number}-{at.timestamp()}"
    return {
        "event_id": event_id,
        "type": kind,
        "visitor_id": visitor_id,
        "item_id": f"i{number}",
        "timestamp": at.isoformat(),
        **fields,
    }


def shopper(shop, visitor_id, *, at=NOW, **fields):
    record_events(shop=shop, raw=[view(visitor_id, 1, at=at, **fields)], key_kind="pk", received_at=at)


def crawler(shop, visitor_id, *, at=NOW, **fields):
    event = view(visitor_id, 2, at=at, **fields)
    record_events(shop=shop, raw=[event], key_kind="pk", agent="bot", received_at=at)


def burst(shop, visitor_id, *, count=MOST_VIEWS_A_MINUTE + 1, key_kind="pk", at=NOW):
    events = [view(visitor_id, 100 + number, at=at.replace(second=number % 60)) for number in range(count)]
    record_events(shop=shop, raw=events, key_kind=key_kind, received_at=at + timedelta(minutes=1))


def counted(visitor_id="ann"):
    rows = without_bots(Interaction.objects.filter(visitor_id=visitor_id))
    return sorted(rows.values_list("item_id", flat=True))


class TestAgents:
    def test_of_a_shopper_who_was_here_before_nothing_is_left_out(self, shop):
        shopper(shop, "ann", at=NOW - timedelta(minutes=5))
        crawler(shop, "ann")
        shopper(shop, "ann", at=NOW + timedelta(minutes=1))
        assert counted() == ["i1", "i1", "i2"]
        assert not BotVisitor.objects.exists()

    def test_who_only_saw_lists_was_here_too(self, shop):
        shopper(shop, "ann", kind="view_item_list", at=NOW - timedelta(minutes=5))
        crawler(shop, "ann")
        assert without_bots(Impression.objects.all()).count() == 1
        assert not BotVisitor.objects.exists()

    def test_a_shopper_of_last_year_counts_as_before(self, shop):
        record_events(shop=shop, raw=[view("ann", 7, at=NOW - timedelta(days=300))])
        Interaction.objects.update(received_at=F("timestamp"))
        crawler(shop, "ann")
        assert counted() == ["i7"]

    def test_a_shopper_who_comes_after_the_stranger_counts_from_the_first_moment(self, shop):
        crawler(shop, "ann")
        shopper(shop, "ann", at=NOW + timedelta(seconds=1))
        for minute in (1, 2):  # the stranger goes on; it is too late
            crawler(shop, "ann", at=NOW + timedelta(minutes=minute))
        shopper(shop, "ann", at=NOW + timedelta(minutes=3))
        assert counted() == ["i1", "i1", "i2", "i2"]

    def test_a_program_that_always_says_so_is_left_out_from_its_first_event_to_its_last(self, shop):
        for minute in range(4):
            crawler(shop, "googlebot", at=NOW + timedelta(hours=minute))
        assert Interaction.objects.count() == 4
        assert counted("googlebot") == []
        assert BotVisitor.objects.count() == 1

    def test_another_shop_s_word_for_a_visitor_of_the_same_id_changes_nothing(self, shop, other_shop):
        shopper(shop, "ann", at=NOW - timedelta(minutes=5))
        crawler(other_shop, "ann")
        crawler(shop, "ann", at=NOW + timedelta(minutes=1))
        assert [mark.shop for mark in BotVisitor.objects.all()] == [other_shop]


class TestRates:
    def test_a_stranger_s_burst_leaves_a_shopper_who_was_here_before(self, shop):
        shopper(shop, "ann", at=NOW - timedelta(hours=3))
        burst(shop, "ann")
        assert mark_too_fast(shop=shop) == 0
        assert "i1" in counted()

    def test_what_a_new_visitor_does_after_a_stranger_s_burst_counts(self, shop):
        burst(shop, "ann")
        assert mark_too_fast(shop=shop) == 1
        assert counted() == []
        shopper(shop, "ann", at=clock.now() + timedelta(hours=2))
        assert counted() == ["i1"]

    def test_while_the_speed_lasts_so_does_the_mark(self, shop):
        burst(shop, "scraper")
        mark_too_fast(shop=shop)
        first = BotVisitor.objects.get().until
        burst(shop, "scraper", at=NOW + timedelta(minutes=5))
        assert counted("scraper") != []
        with clock.standing_at(NOW + timedelta(minutes=8)):
            assert mark_too_fast(shop=shop) == 0
        assert BotVisitor.objects.get().until > first
        assert counted("scraper") == []

    def test_whom_the_backend_knows_no_burst_leaves_out(self, shop):
        burst(shop, "ann")
        record_events(shop=shop, raw=[view("ann", 5, kind="purchase", value=20)])
        assert mark_too_fast(shop=shop) == 0

    def test_a_purchase_that_the_backend_tells_of_takes_the_mark_back(self, shop):
        burst(shop, "ann")
        mark_too_fast(shop=shop)
        BotVisitor.objects.update(until=clock.now() + timedelta(minutes=1))  # the stranger goes on
        record_events(shop=shop, raw=[view("ann", 5, kind="purchase", value=20)])
        assert counted() == []
        mark_too_fast(shop=shop)
        assert "i5" in counted()

    def test_a_speed_that_the_backend_itself_tells_of_marks_for_good(self, shop):
        record_events(shop=shop, raw=[view("scraper", 1, at=NOW - timedelta(days=2))])
        burst(shop, "scraper", key_kind="sk")
        assert mark_too_fast(shop=shop) == 1
        record_events(shop=shop, raw=[view("scraper", 3, at=clock.now())])
        assert counted("scraper") == []
