"""The events page: is data arriving?"""

import pytest
from django.urls import reverse

from dashboard.catalog.services import upsert_items
from dashboard.events.charts import arrivals
from dashboard.events.models import Interaction
from dashboard.events.selectors import arrivals_by_minute, retention_days
from dashboard.events.services import record_events

pytestmark = pytest.mark.django_db


def open_page(client, shop, name="index"):
    return client.get(reverse(f"events:{name}", args=[shop.slug]))


def view(item_id="mug", event_id="e", **fields):
    return {"event_id": event_id, "type": "view_item", "visitor_id": "v-77", "item_id": item_id, **fields}


def test_an_empty_shop_is_told_how_to_send_the_first_event(client, shop, owner):
    client.force_login(owner)
    page = open_page(client, shop).content.decode()
    assert "curl -X POST http://testserver/api/v1/events" in page
    assert "HX-Refresh" not in open_page(client, shop, "awaited")


def test_a_waiting_page_reloads_once_the_first_event_is_there(client, shop, owner):
    client.force_login(owner)
    record_events(shop=shop, raw=[view()])
    assert open_page(client, shop, "awaited")["HX-Refresh"] == "true"


def test_imported_history_is_told_as_history_with_its_year(client, shop, owner):
    client.force_login(owner)
    record_events(shop=shop, raw=[view(timestamp="2010-12-09T10:00:00Z")], any_age=True)
    page = " ".join(open_page(client, shop).content.decode().split())
    assert "Your shop has sent its <b>history</b>, until 9 Dec 2010, and nothing new since." in page
    assert "sending" not in page
    record_events(shop=shop, raw=[view(event_id="now")])
    page = " ".join(open_page(client, shop).content.decode().split())
    assert "Your shop is <b>sending</b>: 1 event in the last hour." in page


def test_a_quiet_hour_has_whole_events_on_its_axis(shop):
    record_events(shop=shop, raw=[view(event_id="a"), view(event_id="b")])
    assert arrivals(arrivals_by_minute(shop.pk)).layout["yaxis"]["dtick"] == 1


def test_a_busy_hour_leaves_the_marks_of_its_axis_to_the_chart(shop):
    record_events(shop=shop, raw=[view(event_id=f"e{number}") for number in range(9)])
    assert "dtick" not in arrivals(arrivals_by_minute(shop.pk)).layout["yaxis"]


def test_what_arrives_is_listed_with_its_marks(client, shop, owner):
    client.force_login(owner)
    record_events(shop=shop, raw=[view()], simulated=True)
    page = open_page(client, shop, "live").content.decode()
    assert "v-77" in page
    assert "simulated" in page
    assert "not in the catalog" in page


def test_what_was_refused_is_said_in_words(client, shop, owner):
    client.force_login(owner)
    record_events(shop=shop, raw=[view(), view(event_id="x", type="dance")])
    page = open_page(client, shop).content.decode()
    assert "unknown_type" in page
    assert "type “dance” is not known here." in page


def test_what_was_refused_is_not_known_without_the_broker_and_said_to_be(client, shop, owner, settings):
    client.force_login(owner)
    record_events(shop=shop, raw=[view()])
    assert "every event that arrived was understood" in open_page(client, shop).content.decode()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    page = open_page(client, shop)
    assert page.status_code == 200
    assert "Not known just now" in page.content.decode()
    assert "understood" not in page.content.decode()


def test_items_that_the_catalog_lacks_are_counted(client, shop, owner):
    client.force_login(owner)
    upsert_items(shop=shop, raw_items=[{"item_id": "mug", "title": "Mug"}])
    record_events(shop=shop, raw=[view("lost", "a"), view("lost", "b"), view("gone", "c"), view("mug", "d")])
    for name in ("unknown-items", "index"):
        unknown = open_page(client, shop, name).context["unknown"]
        assert (unknown.items, unknown.lines) == (2, 3)
        assert [(item.item_id, item.lines) for item in unknown.named] == [("lost", 2), ("gone", 1)]
        assert unknown.named[0].since == Interaction.objects.get(event_id="a").timestamp


def test_hostile_ids_are_shown_as_text(client, shop, owner):
    client.force_login(owner)
    record_events(shop=shop, raw=[view("<script>alert(1)</script>")])
    assert "<script>alert" not in open_page(client, shop).content.decode()


def test_an_owner_decides_how_long_events_are_kept(client, shop, owner):
    client.force_login(owner)
    record_events(shop=shop, raw=[view()])
    client.post(reverse("events:retention", args=[shop.slug]), {"days": "400"})
    assert retention_days(shop.pk) == 400
    assert "older than 400 days" in open_page(client, shop).content.decode()
    client.post(reverse("events:retention", args=[shop.slug]), {"days": ""})
    assert retention_days(shop.pk) is None


@pytest.mark.parametrize("days", ["29", "4000", "-1", "soon"])
def test_a_time_that_is_too_short_or_no_number_is_refused(client, shop, owner, days):
    client.force_login(owner)
    assert client.post(reverse("events:retention", args=[shop.slug]), {"days": days}).status_code == 400
    assert retention_days(shop.pk) is None


def test_an_editor_may_not_decide_what_is_deleted(client, shop, editor):
    client.force_login(editor)
    assert client.post(reverse("events:retention", args=[shop.slug]), {"days": "60"}).status_code == 403
