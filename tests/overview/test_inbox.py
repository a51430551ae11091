"""What needs the merchant: each line opens where it is settled, and what is put off comes back by itself."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.catalog.models import FeedImport, Item
from dashboard.core import clock, errors
from dashboard.events.models import Interaction
from dashboard.overview.models import PutOff
from dashboard.overview.needs import inbox
from dashboard.overview.services import bring_back, put_off
from dashboard.training.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def plain_item(shop):
    return Item.objects.create(shop=shop, item_id="mystery-1", title="Mystery Parcel")


def keys(shop):
    return [need.key for need in inbox(shop).open]


def failed_run(shop):
    return Run.objects.create(
        shop=shop, state="failed", trigger="manual", reason_code="worker_lost", reason_facts={"attempts": 3}
    )


def test_a_failed_run_opens_that_run(shop):
    run = failed_run(shop)
    (need,) = inbox(shop).open
    assert need.href == reverse("training:run", args=[shop.slug, run.pk])
    assert "lost 3 times" in need.text


def test_refused_rows_of_the_last_feed_open_its_report(shop):
    feed = FeedImport.objects.create(shop=shop, name="spring.csv", refused=7, state="done", beat_at=clock.now())
    (need,) = inbox(shop).open
    assert need.title == "7 rows of a feed were refused"
    assert need.href == reverse("catalog:import", args=[shop.slug, feed.pk])


def test_a_feed_without_refusals_settles_those_of_the_one_before(shop):
    for name, refused in [("spring.csv", 7), ("summer.csv", 0)]:
        FeedImport.objects.create(shop=shop, name=name, refused=refused, state="done", beat_at=clock.now())
    assert keys(shop) == []


def test_what_is_put_off_is_hidden_until_its_time(shop, owner, plain_item):
    put_off(shop=shop, key="uncategorised", days=1, actor=owner)
    assert keys(shop) == []
    ((need, until),) = inbox(shop).put_off
    assert need.key == "uncategorised"
    assert clock.now() < until <= clock.now() + timedelta(days=1)


def test_it_comes_back_by_itself(shop, owner, plain_item):
    put_off(shop=shop, key="uncategorised", days=1, actor=owner)
    PutOff.objects.update(until=clock.now() - timedelta(seconds=1))
    assert keys(shop) == ["uncategorised"]


def test_another_failure_is_told_although_the_one_before_was_put_off(shop, owner):
    put_off(shop=shop, key=f"run:{failed_run(shop).pk}", days=7, actor=owner)
    assert keys(shop) == []
    again = failed_run(shop)
    assert keys(shop) == [f"run:{again.pk}"]


def test_it_can_be_brought_back_at_once(shop, owner, plain_item):
    put_off(shop=shop, key="uncategorised", days=7, actor=owner)
    bring_back(shop=shop, actor=owner)
    assert keys(shop) == ["uncategorised"]


def test_both_are_in_the_audit_trail(shop, owner, plain_item):
    put_off(shop=shop, key="uncategorised", days=7, actor=owner)
    bring_back(shop=shop, actor=owner)
    bring_back(shop=shop, actor=owner)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "need.put_off",
        "need.brought_back",
    ]


def test_only_what_is_there_can_be_put_off_and_only_for_a_day_or_a_week(shop, owner, plain_item):
    with pytest.raises(errors.NotFound):
        put_off(shop=shop, key="run:1", days=1, actor=owner)
    with pytest.raises(errors.Invalid):
        put_off(shop=shop, key="uncategorised", days=400, actor=owner)


def test_another_shop_keeps_its_lines(shop, other_shop, owner, plain_item):
    Item.objects.create(shop=other_shop, item_id="a-1", title="A")
    put_off(shop=shop, key="uncategorised", days=7, actor=owner)
    assert keys(other_shop) == ["uncategorised"]


def test_the_page_puts_off_and_brings_back(client, shop, editor, plain_item):
    now = clock.now()
    Interaction.objects.create(
        shop=shop, event_id="1", type="view_item", visitor_id="v", timestamp=now, received_at=now
    )
    client.force_login(editor)
    home = reverse("overview:index", args=[shop.slug])
    client.post(reverse("overview:put-off", args=[shop.slug]), {"key": "uncategorised", "days": "7"})
    page = client.get(home).content.decode()
    assert "1 item has no category" not in re.sub(r"(?s)<details.*?</details>", "", page)
    client.post(reverse("overview:bring-back", args=[shop.slug]))
    assert "1 item has no category" in client.get(home).content.decode()


def test_a_viewer_sees_the_inbox_and_puts_nothing_off(client, shop, viewer, plain_item):
    client.force_login(viewer)
    assert (
        client.post(reverse("overview:put-off", args=[shop.slug]), {"key": "uncategorised", "days": "7"}).status_code
        == 403
    )
