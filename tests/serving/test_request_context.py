"""What a slate asks of the database before it is made."""

from dashboard.catalog.models import Item
from dashboard.serving.request_context import read_request_context
from dashboard.serving.types import SlateRequest
from tests.serving.conftest import SERVABLE, send


def context(shop, **fields):
    return read_request_context(SlateRequest(shop=shop, placement="home", visitor_id="v1", **fields))


def test_past_and_catalog_are_asked_in_one_round_trip(catalog, django_assert_max_num_queries):
    context(catalog)  # which makes the statement
    with django_assert_max_num_queries(9) as asked:
        context(catalog)
    statements = [query["sql"] for query in asked.captured_queries if "EXECUTE" in query["sql"]]
    assert ["forage_moment" in statement for statement in statements] == [True]


def test_both_parts_of_the_answer_are_those_of_now(catalog):
    assert "spade" in context(catalog).item_cache.servable(SERVABLE)
    send(catalog, "v1", "fork")
    send(catalog, "v1", "mug-red", "add_to_cart")
    Item.objects.filter(item_id="spade").update(in_stock=False)
    now = context(catalog)
    assert [event.item_id for event in now.history] == ["fork", "mug-red"]
    assert now.unwanted.with_variants == {"mug-red"}
    assert "spade" not in now.item_cache.servable(SERVABLE)


def test_an_unknown_visitor_has_no_past_and_the_whole_catalog(catalog):
    now = context(catalog)
    assert (now.history, now.unwanted.with_variants) == ([], set())
    assert set(now.item_cache.servable(SERVABLE)) == set(SERVABLE)
