"""What a segment's members buy for and when, counted by hand; of few nothing is told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from dashboard.catalog.models import Item
from dashboard.events.models import Interaction, Privacy
from dashboard.segments import selectors, services
from dashboard.segments.habits import habits, typical_members
from tests import artifact_files as files

START = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)  # half past one in London


@pytest.fixture
def published(shop, tmp_path):
    """Four Gardeners: one orders twice, ten days apart, and sends a line back; one orders once; two only look."""
    Privacy.objects.create(shop=shop, smallest_group=4)
    shop.timezone = "Europe/London"
    shop.save()
    Item.objects.create(shop=shop, item_id="mug", title="Mug", categories=["Kitchen"])
    Item.objects.create(shop=shop, item_id="hoe", title="Hoe", categories=["Garden", "Tools"])
    ada = [("purchase", "mug", 0, 8, "o1"), ("purchase", "hoe", 0, 12, "o1"), ("purchase", "mug", 10, 40, "o2")]
    ada += [("refund", "hoe", 11, None, "o1")]
    did = {"ada": ada, "bo": [("purchase", "mug", 0, 20, "o3")], "cleo": [("view_item", "mug", 0, None, "")]}
    did["dan"] = [("view_item", "hoe", 0, None, "")]
    Interaction.objects.bulk_create(
        Interaction(
            shop=shop,
            event_id=f"{name}-{place}",
            type=kind,
            visitor_id=name,
            item_id=item,
            timestamp=START + timedelta(days=days),
            received_at=START,
            value=value,
            order_id=order,
        )
        for name, rows in did.items()
        for place, (kind, item, days, value, order) in enumerate(rows)
    )
    rows = [files.membership(name, 1, 0.9, float(place), -1.0) for place, name in enumerate(did)]
    segments = [files.segment(1, "Gardeners", 1.0, 4)]
    services.replace_segments(shop=shop, artifact_id=5, folder=files.write_segments(tmp_path / "a", segments, rows))
    return shop


def test_worth_is_what_the_rows_say(published):
    found = habits(published, 5, 1)
    assert (found.asked, found.buyers, found.orders, found.spent) == (4, 2, 3, 80)
    assert (found.conversion, found.spent_each, found.returned_share) == (0.5, 20, 0.25)
    assert (round(float(found.basket), 2), found.days_between, found.categories) == (
        pytest.approx(80 / 3, abs=0.01),
        10,
        1,
    )


def test_hours_and_weekdays_are_the_shops(published):
    found = habits(published, 5, 1)
    assert found.by_hour[13] == 1
    assert sum(found.by_weekday) == pytest.approx(1)
    assert found.by_weekday[2] == pytest.approx(5 / 7)


def test_of_fewer_members_than_may_be_told_nothing_is(published):
    Privacy.objects.filter(shop=published).update(smallest_group=5)
    assert habits(published, 5, 1) is None


def test_typical_members_stand_nearest_to_the_centre(published):
    members = typical_members(published, 5, selectors.segment(published, 1))
    assert [member.visitor_id for member in members] == ["bo", "ada", "cleo", "dan"]


def test_the_page_tells_them(client, published, owner):
    client.force_login(owner)
    page = client.get(reverse("segments:detail", args=[published.slug, 1])).content.decode()
    assert "£20.00" in page
    assert "Typical members" in page
