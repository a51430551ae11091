"""What a slate asks of the database before it is made."""

from dashboard.catalog.models import Item
from dashboard.serving.situation import read_situation
from dashboard.serving.types import SlateRequest
from tests.serving.conftest import SERVABLE, send


def situation(shop, **fields):
    return read_situation(SlateRequest(shop=shop, placement="home", visitor_id="v1", **fields))


def test_past_and_catalog_are_asked_in_one_round_trip(catalog, django_assert_max_num_queries):
    situation(catalog)  # which makes the statement
    with django_assert_max_num_queries(9) as asked:
        situation(catalog)
    statements = [query["sql"] for query in asked.captured_queries if "EXECUTE" in query["sql"]]
    assert ["forage_moment" in statement for statement in statements] == [True]


def test_both_parts_of_the_answer_are_those_of_now(catalog):
    assert "spade" in situation(catalog).shelf.servable(SERVABLE)
    send(catalog, "v1", "fork")
    send(catalog, "v1", "mug-red", "add_to_cart")
    Item.objects.filter(item_id="spade").update(in_stock=False)
    now = situation(catalog)
    assert [event.item_id for event in now.history] == ["fork", "mug-red"]
    assert now.unwanted.with_variants == {"mug-red"}
    assert "spade" not in now.shelf.servable(SERVABLE)


def test_an_unknown_visitor_has_no_past_and_the_whole_catalog(catalog):
    now = situation(catalog)
    assert (now.history, now.unwanted.with_variants) == ([], set())
    assert set(now.shelf.servable(SERVABLE)) == set(SERVABLE)
