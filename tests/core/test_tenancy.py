"""The scope of a thread, and that PostgreSQL holds every statement to it, whatever a rollback did."""

import io
import threading
import uuid

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from dashboard.catalog.models import Item
from dashboard.core import tenancy
from dashboard.core.bulk import copy_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_shops(shop, other_shop):
    for one in (shop, other_shop):
        Item.objects.create(shop=one, item_id=f"{one.slug}-mug", title="Mug")
    return shop, other_shop


def seen():
    """Ids of the items that raw SQL finds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT item_id FROM catalog_item ORDER BY item_id")
        return [row[0] for row in cursor.fetchall()]


def insert(shop):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_eventkey (shop_id, event_id, payload_hash) VALUES (%s, %s, '')",
            [shop.pk, uuid.uuid4().hex],
        )


def test_without_a_scope_nothing_is_there(two_shops):
    with tenancy.request_scope():
        assert seen() == []


def test_a_shop_sees_its_own_rows(two_shops):
    with tenancy.shop_scope(two_shops[0].pk):
        assert seen() == ["holly-and-hearth-mug"]
        with tenancy.shop_scope(two_shops[1].pk):
            assert seen() == ["other-mug"]
        assert seen() == ["holly-and-hearth-mug"]


def test_an_operator_says_why_and_sees_all(two_shops):
    with tenancy.request_scope(), tenancy.operator_scope("this test counts every shop"):
        assert len(seen()) == 2
    with pytest.raises(ValueError, match="say what"), tenancy.operator_scope(""):
        pass


def test_nobody_writes_into_another_shop(two_shops):
    mine, theirs = two_shops
    with tenancy.shop_scope(mine.pk):
        insert(mine)
        with pytest.raises(ProgrammingError, match="row-level security"):
            insert(theirs)
        with pytest.raises(ProgrammingError, match="row-level security"):
            copy_rows("events_eventkey", "shop_id, event_id, payload_hash", [io.StringIO(f"{theirs.pk}\tx\t\\\\x00\n")])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE catalog_item SET title = 'Mine now' WHERE shop_id = %s", [theirs.pk])
            assert cursor.rowcount == 0
            cursor.execute("DELETE FROM catalog_item")
            assert cursor.rowcount == 1
    assert seen() == ["other-mug"]


def test_nobody_moves_a_row_into_another_shop(two_shops):
    mine, theirs = two_shops
    with tenancy.shop_scope(mine.pk), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Item.objects.filter(shop=mine).update(shop=theirs)


def test_a_scope_survives_what_a_rollback_undoes(two_shops):
    mine, theirs = two_shops
    with tenancy.shop_scope(mine.pk):
        try:
            with transaction.atomic(), tenancy.shop_scope(theirs.pk):
                assert seen() == ["other-mug"]
                raise LookupError
        except LookupError:
            assert seen() == ["holly-and-hearth-mug"]
    with tenancy.shop_scope(theirs.pk):
        assert seen() == ["other-mug"]


def test_a_scope_survives_a_statement_that_fails(two_shops):
    with tenancy.shop_scope(two_shops[0].pk):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0 FROM catalog_item")
        assert seen() == ["holly-and-hearth-mug"]
    with tenancy.request_scope():
        assert seen() == []


def test_a_write_that_travels_with_a_setting_is_held_to_the_scope(two_shops):
    with tenancy.shop_scope(two_shops[0].pk):
        seen()
    with tenancy.shop_scope(two_shops[1].pk), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL synchronous_commit TO off; "
            "INSERT INTO events_eventkey (shop_id, event_id, payload_hash) VALUES (%s, 'e', '')",
            [two_shops[1].pk],
        )


def test_rows_read_through_a_named_cursor_are_held_to_the_scope(two_shops):
    with tenancy.shop_scope(two_shops[0].pk):
        found = Item.objects.values_list("item_id", flat=True).iterator(chunk_size=1)
        assert list(found) == ["holly-and-hearth-mug"]


def test_a_new_thread_begins_with_nobodys_rows():
    scopes = []
    with tenancy.shop_scope(7):
        thread = threading.Thread(target=lambda: scopes.append(tenancy.current_scope()))
        thread.start()
        thread.join()
    assert scopes == [tenancy.NOBODY]


def test_an_answer_that_is_written_later_keeps_its_scope():
    with tenancy.shop_scope(7):
        later = tenancy.in_scope_of_now(tenancy.current_scope() for _ in range(2))
    assert list(later) == [7, 7]
    assert tenancy.current_scope() == tenancy.EVERY_SHOP


def test_the_scope_costs_no_statement_of_its_own(two_shops):
    link = connection.connection
    with tenancy.shop_scope(two_shops[0].pk):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.cursor.query.startswith(b"SET forage.shop")
            cursor.execute("SELECT 1")
            assert cursor.cursor.query == b"SELECT 1"
        assert link.scope == two_shops[0].pk
