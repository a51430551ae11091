"""Interests that emerge are told with their visitors, items and whence these come; few, erased and old ones are not."""

import json

import pytest
from django.urls import reverse

from dashboard.catalog.models import Item
from dashboard.events.models import Privacy
from dashboard.segments import services
from dashboard.segments.emerging import emerging_interests
from dashboard.segments.models import EmergingInterest
from tests import artifact_files as files

CAMPERS = [f"camper-{number}" for number in range(8)]
RUNNERS = [f"runner-{number}" for number in range(3)]
ENTRIES = [
    {"number": 1, "items": ["tent", "stove", "map"], "visitors": 9, "ratio": 4.2, "low": 2.5, "high": 7.0},
    {"number": 2, "items": ["shoe", "watch", "belt"], "visitors": 3, "ratio": 3.0, "low": 1.6, "high": 6.0},
]


@pytest.fixture
def published(shop, seen, tmp_path):
    """Six campers are Gardeners, two are Bakers; one more was erased before it was shown. Three visitors run."""
    Privacy.objects.create(shop=shop, smallest_group=4)
    for item in ("tent", "stove", "map", "shoe", "watch", "belt"):
        Item.objects.create(shop=shop, item_id=item, title=item.title(), categories=["Out", item])
    Item.objects.filter(item_id="map").update(categories=["Paper"])
    seen(shop, *CAMPERS, *RUNNERS)
    rows = [files.membership(name, 2 if place > 5 else 1) | {"emerging": 1} for place, name in enumerate(CAMPERS)]
    rows += [files.membership(name, 1) | {"emerging": 2} for name in RUNNERS]
    rows.append(files.membership("gone", 1) | {"emerging": 1})
    segments = [files.segment(1, "Gardeners", 0.6, 10), files.segment(2, "Bakers", 0.4, 5)]
    folder = files.write_segments(tmp_path / "a", segments, rows)
    (folder / "emerging.json").write_text(json.dumps(ENTRIES))
    services.replace_segments(shop=shop, artifact_id=5, folder=folder)
    return shop


def page_of(client, shop, name="movement:index"):
    return " ".join(client.get(reverse(name, args=[shop.slug])).content.decode().split())


def test_an_interest_has_its_items_its_visitors_and_where_they_come_from(published):
    (found,) = emerging_interests(published)
    assert (found.visitors, found.titles, found.category) == (8, ["Tent", "Stove", "Map"], "Out")
    assert [(segment.number, share) for segment, share in found.sources] == [(1, 0.75)]
    assert (found.ratio.value, found.ratio.low, found.ratio.high) == (4.2, 2.5, 7.0)


def test_of_few_visitors_nothing_is_told(published):
    Privacy.objects.filter(shop=published).update(smallest_group=3)
    assert [found.visitors for found in emerging_interests(published)] == [8, 3]
    Privacy.objects.filter(shop=published).update(smallest_group=9)
    assert emerging_interests(published) == []


def test_erasure_reaches_it(published):
    for visitor_id in CAMPERS[:4]:
        services.forget_visitor(shop=published, visitor_id=visitor_id)
    assert [found.visitors for found in emerging_interests(published)] == [4]
    services.forget_visitor(shop=published, visitor_id=CAMPERS[4])
    assert emerging_interests(published) == []


def test_the_page_says_what_emerges_and_what_one_could_do(client, published, owner):
    client.force_login(owner)
    page = page_of(client, published)
    assert "8 visitors chose at least two of these: 4.2× as many as before (2.5× to 7.0×)." in page
    assert "Tent" in page
    assert "lift the items by a rule" in page
    assert reverse("policies:index", args=[published.slug]) in page
    assert "1 interest emerges that no segment is about yet." in page_of(client, published, "segments:index")


def test_an_item_that_left_the_catalog_is_not_named(published):
    from dashboard.core import clock

    Item.objects.filter(item_id="tent").update(deleted_at=clock.now())
    assert emerging_interests(published)[0].titles == ["Stove", "Map"]


def test_an_artifact_of_before_has_none_and_old_ones_go(published, first_folder, second_folder):
    services.replace_segments(shop=published, artifact_id=6, folder=first_folder)
    assert emerging_interests(published) == []
    services.replace_segments(shop=published, artifact_id=7, folder=second_folder)
    assert not EmergingInterest.objects.exists()


def test_another_shop_has_none_of_it(published, other_shop):
    assert emerging_interests(other_shop) == []
