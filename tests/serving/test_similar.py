"""Items like another, from the catalog as it is now: no training between an item's arrival and its neighbours."""

import numpy as np
import pytest

from dashboard.catalog.filters import ItemFilters
from dashboard.catalog.servable import item_labels
from dashboard.catalog.services import delete_item, upsert_items
from dashboard.core import errors
from dashboard.serving.description import cosines
from dashboard.serving.model_store import LoadedModel, published_models
from dashboard.serving.similar import similar_items
from recommender.serving import Candidates

pytestmark = pytest.mark.django_db


def add(shop, **titles):
    upsert_items(shop=shop, raw_items=[{"item_id": key, "title": title} for key, title in titles.items()])


def near(shop, item_id, n=5, **options):
    return [row.item_id for row in similar_items(shop=shop, item_id=item_id, n=n, **options)]


def test_a_new_item_has_neighbours_at_once_by_the_words_of_its_title(shop):
    add(shop, mug="Regency heart mug", pot="Regency heart teapot", bag="Jumbo bag red", lamp="Glass lamp")
    add(shop, new="Regency teapot for two")
    assert near(shop, "new") == ["pot", "mug"]
    assert near(shop, "pot")[0] in ("new", "mug")
    assert "new" in near(shop, "pot")


def test_rare_words_count_more_than_common_ones(shop):
    add(shop, **{f"s{number}": f"Set of {number + 3} plates" for number in range(8)}, owl="Owl lantern")
    add(shop, seed="Set of 2 owl plates")
    rows = similar_items(shop=shop, item_id="seed", n=9)
    assert rows[0].item_id == "owl"
    assert all(0 < row.score <= 1 and row.source == "content" for row in rows)


def test_categories_brand_price_and_attributes_count_where_titles_say_nothing(shop):
    common = {"categories": ["Mugs"], "brand": "Holly", "price": 5, "attributes": {"colour": "red"}}
    upsert_items(
        shop=shop,
        raw_items=[
            {"item_id": "seed", "title": "Alpha", **common},
            {"item_id": "category", "title": "Beta", "categories": ["Mugs"], "price": 500},
            {"item_id": "all", "title": "Gamma", **common},
            {"item_id": "colour", "title": "Delta", "categories": ["Mugs"], "attributes": {"colour": "red"}},
            {"item_id": "none", "title": "Epsilon", "categories": ["Lamps"], "price": 90},
        ],
    )
    assert near(shop, "seed") == ["all", "colour", "category"]


def test_chinese_titles_are_compared_by_pairs_of_characters(shop):
    upsert_items(
        shop=shop,
        raw_items=[
            {"item_id": "seed", "title": "玫瑰手工皂", "categories": ["皂"]},
            {"item_id": "soap", "title": "薰衣草手工皂", "categories": ["皂"]},
            {"item_id": "box", "title": "木盒", "categories": ["皂"]},
            {"item_id": "far", "title": "台灯", "categories": ["灯"]},
        ],
    )
    assert near(shop, "seed")[0] == "soap"


def test_what_is_sold_out_deleted_filtered_or_a_variant_is_no_neighbour(shop):
    add(shop, seed="Blue vase", gone="Blue vase tall", other="Blue vase small", dear="Blue vase gold")
    upsert_items(
        shop=shop,
        raw_items=[
            {"item_id": "seed", "group_id": "vase"},
            {"item_id": "variant", "title": "Blue vase XL", "group_id": "vase"},
            {"item_id": "out", "title": "Blue vase", "in_stock": False},
            {"item_id": "other", "price": 5},
            {"item_id": "dear", "price": 500},
        ],
    )
    delete_item(shop=shop, item_id="gone")
    assert sorted(near(shop, "seed")) == ["dear", "other"]
    assert near(shop, "seed", filters=ItemFilters(price_max=10)) == ["other"]


def test_another_shops_items_are_no_neighbours(shop, other_shop):
    add(shop, seed="Blue vase")
    add(other_shop, theirs="Blue vase")
    assert near(shop, "seed") == []
    with pytest.raises(errors.NotFound):
        near(shop, "theirs")


@pytest.mark.parametrize("title", ["", "\"' or & | ! :*", "x" * 400, "or or or", "a\\b <-> (c"])
def test_no_title_breaks_the_search(shop, title):
    add(shop, seed=title, mug="Mug")
    assert "seed" not in near(shop, "seed")


def test_scores_are_cosines(shop):
    add(shop, a="red mug", b="red mug", c="green lamp")
    labels = item_labels(shop.pk, ["a", "b", "c"])
    assert np.allclose(cosines([labels["b"], labels["c"]], labels["a"]), [1, 0])


class Learned:
    """A published model that has learned that lamps are like lanterns, and has met `lantern` and `sold`."""

    def has_met(self, item_id):
        return item_id in ("lantern", "sold")

    def similar_to(self, item, k):
        assert item["title"] == "Lamp"
        ids = ["lantern", "sold"]
        return Candidates(
            ids, np.array([0.9, 0.8], np.float32), ["content"] * 2, np.eye(2, dtype=np.float32), np.ones(2)
        )


def test_a_model_that_has_learned_descriptions_knows_neighbours_that_share_no_word(shop, monkeypatch):
    add(shop, seed="Lamp", lantern="Lantern", sold="Light", far="Mug")
    upsert_items(shop=shop, raw_items=[{"item_id": "sold", "in_stock": False}])
    monkeypatch.setattr(published_models, "get", lambda shop: LoadedModel(1, 1, "", Learned()))
    assert near(shop, "seed") == ["lantern"]
