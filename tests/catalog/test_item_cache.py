"""What a process remembers of the catalog is what the catalog says now."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction

from dashboard.catalog import item_cache as item_caches
from dashboard.catalog.filters import ItemFilters
from dashboard.catalog.item_cache import item_cache_of
from dashboard.catalog.models import Item
from dashboard.catalog.servable import Unwanted, servable_items
from dashboard.core import clock
from dashboard.core.tenancy import operator_scope
from tests.serving.conftest import add_catalog, add_item

IDS = ["mug", "pot", "cup", "none"]


@pytest.fixture
def stocked(transactional_db):
    from dashboard.accounts.services import create_shop

    shop = create_shop(slug="cached", name="Cached")[0]
    for item_id in ("mug", "pot", "cup"):
        add_item(shop, item_id, categories=["Kitchen"])
    return shop


def items_of_now(shop_id):
    """As a slate has them: what the process remembers, after it has asked what changed."""
    cache = item_cache_of(shop_id)
    cache.refresh()
    return cache


def remembered(shop):
    return set(items_of_now(shop.pk).servable(IDS))


def in_another_connection(work):
    """Runs `work` in a thread of its own, and so in a connection of its own."""

    def run():
        try:
            with operator_scope("the test arranges"):
                work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.fixture
def stocked_long_ago(stocked):
    """Changed by a transaction that ended before any that runs now, in whichever database of the server."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_item DISABLE TRIGGER USER")
        Item.objects.filter(shop=stocked).update(changed_in=1)
        cursor.execute("ALTER TABLE catalog_item ENABLE TRIGGER USER")
    return stocked


def test_what_was_read_is_not_read_again(stocked_long_ago, django_assert_num_queries):
    assert remembered(stocked_long_ago) == {"mug", "pot", "cup"}
    with django_assert_num_queries(1):  # only whether something has changed
        assert remembered(stocked_long_ago) == {"mug", "pot", "cup"}


def test_who_writes_elsewhere_meanwhile_makes_nothing_be_read_again(stocked_long_ago, django_assert_num_queries):
    began, may_end = threading.Event(), threading.Event()

    def write():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
            began.set()
            may_end.wait(10)

    writer = threading.Thread(target=lambda: in_another_connection(write))
    writer.start()
    began.wait(10)
    remembered(stocked_long_ago)
    with django_assert_num_queries(1):
        assert remembered(stocked_long_ago) == {"mug", "pot", "cup"}
    may_end.set()
    writer.join()


@pytest.mark.parametrize("change", [{"in_stock": False}, {"deleted_at": clock.now()}])
def test_what_can_no_longer_be_sold_is_gone_at_once(stocked, change):
    assert "mug" in remembered(stocked)
    Item.objects.filter(shop=stocked, item_id="mug").update(**change)
    assert remembered(stocked) == {"pot", "cup"}


def test_an_item_that_was_missing_is_there_once_it_is_added(stocked):
    assert "none" not in remembered(stocked)
    add_item(stocked, "none")
    assert "none" in remembered(stocked)


def test_a_price_is_the_new_one_after_another_connection_changed_it(stocked):
    remembered(stocked)
    in_another_connection(lambda: Item.objects.filter(shop=stocked, item_id="mug").update(price=7))
    assert items_of_now(stocked.pk).labels(["mug"])["mug"].price == Decimal(7)


def test_a_long_transaction_that_commits_after_shorter_ones_is_not_missed(stocked):
    """Its id is lower than of what was committed and read before it."""
    began, may_end = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            Item.objects.filter(shop=stocked, item_id="mug").update(in_stock=False)
            began.set()
            may_end.wait(10)

    writer = threading.Thread(target=lambda: in_another_connection(slow))
    writer.start()
    began.wait(10)
    Item.objects.filter(shop=stocked, item_id="pot").update(in_stock=False)
    assert remembered(stocked) == {"mug", "cup"}
    may_end.set()
    writer.join()
    assert remembered(stocked) == {"cup"}


def test_what_a_rolled_back_transaction_wrote_is_not_remembered(stocked):
    with transaction.atomic():
        Item.objects.filter(shop=stocked, item_id="mug").update(in_stock=False)
        assert "mug" not in remembered(stocked)
        transaction.set_rollback(True)
    assert "mug" in remembered(stocked)


def test_it_holds_so_many_items_at_most(stocked, monkeypatch):
    monkeypatch.setattr(item_caches, "MAX_ITEMS", 2)
    item_cache = items_of_now(stocked.pk)
    for item_id in ("mug", "pot", "cup"):
        assert set(item_cache.servable([item_id])) == {item_id}
    assert len(item_cache._known) <= 2
    assert remembered(stocked) == {"mug", "pot", "cup"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("filters", "unwanted"),
    [
        (ItemFilters(), Unwanted()),
        (ItemFilters(categories=("Kitchen",)), Unwanted(item_ids=frozenset(["teapot"]))),
        (ItemFilters(price_max=Decimal(20)), Unwanted(with_variants=frozenset(["mug-red"]))),
        (ItemFilters(brands=("Nobody",)), Unwanted()),
    ],
)
def test_it_says_of_an_item_what_the_database_says(shop, filters, unwanted):
    add_catalog(shop)
    every = list(Item.objects.filter(shop=shop).values_list("item_id", flat=True))
    asked = {"filters": filters, "unwanted": unwanted}
    assert items_of_now(shop.pk).servable(every, **asked) == servable_items(shop.pk, every, **asked)


@pytest.mark.django_db
def test_another_shop_s_items_are_not_on_it(shop, other_shop):
    add_item(other_shop, "mug")
    assert items_of_now(shop.pk).labels(["mug"]) == {}


@pytest.mark.django_db
def test_copied_rows_are_noted_as_changed_too(shop):
    add_item(shop, "mug")
    with connection.cursor() as cursor:
        cursor.execute("SELECT changed_in = pg_current_xact_id()::text::bigint FROM catalog_item")
        assert cursor.fetchone()[0]
