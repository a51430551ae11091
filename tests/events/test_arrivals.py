"""What arrived in the last hour: counted once, and found without reading the day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from dashboard.core import clock, valkey
from dashboard.events.models import Impression, Interaction
from dashboard.events.selectors import arrivals, arrivals_by_minute
from dashboard.events.services import record_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(monkeypatch):
    """From which minutes on rows were counted, call by call."""
    asked, real = [], arrivals._counted

    def count(shop_id, since):
        asked.append(since)
        return real(shop_id, since)

    monkeypatch.setattr(arrivals, "_counted", count)
    return asked


@pytest.fixture
def now(monkeypatch):
    """The clock, at a whole minute: `now(minutes)` moves it."""
    moment = [clock.now().replace(second=0, microsecond=0)]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def move(minutes=0):
        moment[0] += timedelta(minutes=minutes)
        return moment[0]

    return move


def arrive(shop, at, *, lines=1, kind="view_item"):
    sent = [
        {"event_id": f"{at.isoformat()}-{kind}-{line}", "type": kind, "visitor_id": "v", "item_id": "mug"}
        for line in range(lines)
    ]
    record_events(shop=shop, raw=sent)
    table = Impression if kind == "view_item_list" else Interaction
    table.objects.filter(event_id__startswith=at.isoformat()).update(received_at=at, timestamp=at)


def lines(shop):
    return {(count.minute, count.type): count.lines for count in arrivals_by_minute(shop.pk)}


def test_minutes_that_are_over_are_counted_once(shop, now, counted):
    first, second = now() - timedelta(minutes=50), now() - timedelta(minutes=1)
    arrive(shop, first, lines=3)
    arrive(shop, second, lines=2, kind="view_item_list")
    found = lines(shop)
    assert found == {(first, "view_item"): 3, (second, "view_item_list"): 2}
    arrive(shop, now(), lines=4)
    assert lines(shop) == {**found, (now(), "view_item"): 4}
    assert counted == [now() - timedelta(minutes=59), second]


def test_an_hour_moves_on(shop, now, counted):
    old, late = now() - timedelta(minutes=58), now() + timedelta(minutes=1)
    arrive(shop, old)
    assert lines(shop) == {(old, "view_item"): 1}
    now(5)
    arrive(shop, late)
    assert lines(shop) == {(late, "view_item"): 1}
    assert counted[-1] == now() - timedelta(minutes=6)


def test_a_page_that_slept_for_hours_counts_the_whole_hour(shop, now, counted):
    lines(shop)
    now(200)
    lines(shop)
    assert counted[-1] == now() - timedelta(minutes=59)


def test_without_the_cache_each_time_all_are_counted(shop, now, counted, monkeypatch):
    monkeypatch.setattr(valkey, "attempt", lambda question, otherwise: otherwise)
    arrive(shop, now() - timedelta(minutes=30))
    assert lines(shop) == lines(shop)
    assert counted == [now() - timedelta(minutes=59)] * 2


def test_another_shop_has_its_own(shop, other_shop, now):
    arrive(shop, now() - timedelta(minutes=9))
    assert len(lines(shop)) == 1
    assert lines(other_shop) == {}


@pytest.mark.parametrize("table", ["events_interaction", "events_impression"])
def test_the_last_arrivals_have_an_index_in_every_month(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(i.indexrelid) FROM pg_partition_tree(%s::regclass) t "
            "LEFT JOIN pg_index i ON i.indrelid = t.relid "
            "AND pg_get_indexdef(i.indexrelid) LIKE '%%brin (received_at)%%'",
            [table],
        )
        tables, indexes = cursor.fetchone()
    assert tables == indexes > 1


def test_a_page_that_shows_all_there_is_gets_nothing_drawn(client, shop, owner, now):
    client.force_login(owner)
    arrive(shop, now())
    address = reverse("events:live", args=[shop.slug])
    shown = client.get(address)
    seen = shown.context["live"].seen
    assert f"seen={seen}" in shown.content.decode()
    assert client.get(address, {"seen": seen}).status_code == 204
    arrive(shop, now(), kind="view_item_list")
    assert client.get(address, {"seen": seen}).status_code == 200
