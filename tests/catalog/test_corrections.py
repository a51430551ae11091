"""A merchant's word on an item counts in place of the feed's, outlives it, and can be taken back."""

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.catalog.item_cache import item_cache_of
from dashboard.catalog.models import Item
from dashboard.catalog.selectors import matching_items
from dashboard.catalog.services import correct_items, import_items, take_correction_back, update_item, upsert_items
from dashboard.core import errors
from dashboard.overview.needs import inbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug(shop):
    upsert_items(shop=shop, raw_items=[{"item_id": "mug", "title": "MUG-01 red", "categories": ["Misc"], "price": 4}])
    return Item.objects.get(item_id="mug")


def correct(shop, owner, **values):
    return correct_items(shop=shop, wanted={"mug": values}, by=owner)


def test_a_correction_counts_at_once_wherever_the_catalog_is_read(shop, owner, mug):
    cache = item_cache_of(shop.pk)
    cache.refresh()
    correct(shop, owner, title="Red mug", categories=["Kitchen", "Mugs"])
    mug.refresh_from_db()
    assert (mug.title, mug.categories) == ("Red mug", ["Kitchen", "Mugs"])
    assert mug.corrections == {"title": "MUG-01 red", "categories": ["Misc"]}
    assert matching_items(shop.pk, text="kitchen red").count() == 0  # categories are no words of the search
    assert matching_items(shop.pk, text="red mug").get().item_id == "mug"
    assert matching_items(shop.pk, category="Kitchen").get().item_id == "mug"
    cache.refresh()
    assert cache.labels({"mug"})["mug"].title == "Red mug"


def test_it_outlives_the_next_feed_which_is_kept_beside_it(shop, owner, mug, tmp_path):
    correct(shop, owner, title="Red mug")
    feed = tmp_path / "feed.csv"
    feed.write_text("item_id,title,categories,price\nmug,MUG-02 red,Mugs,5\n")
    report = import_items(shop=shop, path=feed)
    mug.refresh_from_db()
    assert (mug.title, mug.categories, mug.price) == ("Red mug", ["Mugs"], 5)
    assert mug.corrections == {"title": "MUG-02 red"}
    assert report.changes == {"new": 0, "changed": 1, "unchanged": 0}
    assert import_items(shop=shop, path=feed).changes["unchanged"] == 1


def test_it_outlives_what_the_api_sends(shop, owner, mug):
    correct(shop, owner, categories=["Kitchen"])
    upsert_items(shop=shop, raw_items=[{"item_id": "mug", "categories": ["Stuff"], "title": "Mug"}])
    assert update_item(shop=shop, item_id="mug", raw=b'{"categories": null}').categories == ["Kitchen"]
    mug.refresh_from_db()
    assert (mug.title, mug.corrections) == ("Mug", {"categories": []})


def test_taken_back_the_feed_counts_again(shop, owner, mug):
    correct(shop, owner, title="Red mug", categories=["Kitchen"])
    upsert_items(shop=shop, raw_items=[{"item_id": "mug", "title": "MUG-02"}])
    take_correction_back(shop=shop, item_id="mug", field="title", by=owner)
    mug.refresh_from_db()
    assert (mug.title, mug.categories, mug.corrections) == ("MUG-02", ["Kitchen"], {"categories": ["Misc"]})
    with pytest.raises(errors.NotFound):
        take_correction_back(shop=shop, item_id="mug", field="title", by=owner)


def test_saying_what_the_feed_says_is_no_correction(shop, owner, mug):
    correct(shop, owner, title="Red mug")
    assert correct(shop, owner, title="MUG-01 red") == 1
    mug.refresh_from_db()
    assert mug.corrections == {}
    assert correct(shop, owner, title="MUG-01 red") == 0


def test_every_correction_is_audited_with_both_values(shop, owner, mug):
    correct(shop, owner, title="Red mug")
    entry = AuditEntry.objects.get(shop=shop, action="item.corrected")
    assert (entry.subject, entry.actor) == ("mug", owner)
    assert entry.detail["changes"] == {"title": ["MUG-01 red", "Red mug"]}


@pytest.mark.parametrize(
    "values", [{"title": ""}, {"title": "x" * 501}, {"categories": []}, {"categories": ["x" * 201]}, {"price": 3}]
)
def test_what_cannot_be_is_refused_whole(shop, owner, mug, values):
    upsert_items(shop=shop, raw_items=[{"item_id": "jug"}])
    with pytest.raises(errors.Invalid) as refused:
        correct_items(shop=shop, wanted={"jug": {"title": "Jug"}, "mug": values}, by=owner)
    assert list(refused.value.fields) == ["mug"]
    assert Item.objects.get(item_id="jug").title == ""


def test_another_shops_item_is_not_there(shop, owner, other_shop):
    upsert_items(shop=other_shop, raw_items=[{"item_id": "theirs", "title": "Theirs"}])
    with pytest.raises(errors.NotFound):
        correct_items(shop=shop, wanted={"theirs": {"title": "Ours"}}, by=owner)


def test_the_page_of_an_item_shows_both_and_takes_the_word_back(page, shop, mug, client):
    page.post("correct", item_id="mug", title="Red mug", categories="Kitchen | Mugs")
    shown = client.get(reverse("serving:item", args=[shop.slug, "mug"])).content.decode()
    assert "<h1>Red mug</h1>" in shown
    assert "MUG-01 red" in shown and "Take my correction back" in shown
    assert "corrected by you" in page.get("index").content.decode()
    page.post("correct", item_id="mug", take_back="title")
    assert Item.objects.get().title == "MUG-01 red"


def test_many_are_fixed_at_once_and_the_rest_gets_one_category(page, shop):
    upsert_items(shop=shop, raw_items=[{"item_id": name, "title": name.title()} for name in ("jug", "mug", "spade")])
    shown = page.get("fix", **{}).status_code
    assert shown == 404
    page.post(
        "save-fixes",
        lacking="category",
        rest="Kitchen",
        item_id=["jug", "mug", "spade"],
        value=["", "", "Garden > Tools"],
    )
    assert dict(Item.objects.values_list("item_id", "categories")) == {
        "jug": ["Kitchen"],
        "mug": ["Kitchen"],
        "spade": ["Garden", "Tools"],
    }


def test_a_fix_that_cannot_be_keeps_all_that_was_typed(page, shop):
    upsert_items(shop=shop, raw_items=[{"item_id": "jug"}, {"item_id": "mug"}])
    answer = page.post("save-fixes", lacking="title", item_id=["jug", "mug"], value=["Jug", "x" * 501])
    assert answer.status_code == 400
    shown = answer.content.decode()
    assert 'value="Jug"' in shown
    assert "title is longer than 500 characters." in shown
    assert not Item.objects.exclude(title="").exists()


def test_fix_leads_to_exactly_what_is_to_be_fixed(client, shop, owner):
    upsert_items(
        shop=shop,
        raw_items=[{"item_id": "jug", "title": "Jug"}, {"item_id": "mug", "title": "Mug", "categories": ["K"]}],
    )
    client.force_login(owner)
    address = reverse("catalog:fix", args=[shop.slug]) + "?lacking=category"
    assert address in [need.href for need in inbox(shop).open]
    shown = client.get(address).content.decode()
    assert 'value="jug"' in shown and 'value="mug"' not in shown


def test_viewers_look_and_do_not_correct(client, shop, viewer, mug):
    upsert_items(shop=shop, raw_items=[{"item_id": "jug", "title": "Jug"}])
    client.force_login(viewer)
    assert (
        client.post(reverse("catalog:correct", args=[shop.slug]), {"item_id": "mug", "title": "X"}).status_code == 403
    )
    assert client.post(reverse("catalog:save-fixes", args=[shop.slug]), {"lacking": "category"}).status_code == 403
    shown = client.get(reverse("catalog:fix", args=[shop.slug]) + "?lacking=category").content.decode()
    assert "Jug" in shown and "Save all" not in shown
