"""Two that write the same item at once: what was deleted stays deleted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from dashboard.catalog.models import Item
from dashboard.catalog.services import delete_item, update_item, upsert_items
from dashboard.catalog.services.items import lock_catalog
from dashboard.core import clock, errors
from dashboard.core.tenancy import shop_scope

pytestmark = pytest.mark.django_db(transaction=True)
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = %s"


@pytest.fixture
def elsewhere(shop):
    """Another thread with a connection of its own: `elsewhere(work)` -> (its future, the number of its connection)."""
    with ThreadPoolExecutor(1) as threads:

        def number():
            connection.ensure_connection()
            return connection.connection.get_backend_pid()

        def work(call):
            with shop_scope(shop.pk):
                return call()

        pid = threads.submit(number).result()
        yield lambda call: (threads.submit(work, call), pid)
        threads.submit(lambda: connection.close()).result()


def waits(pid):
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [pid])
        return cursor.fetchone()[0] > 0


def test_a_change_that_comes_beside_a_deletion_brings_nothing_back(shop, elsewhere):
    upsert_items(shop=shop, raw_items=[{"item_id": "mug", "title": "Mug"}])
    with transaction.atomic():
        lock_catalog(shop)
        changing, pid = elsewhere(lambda: update_item(shop=shop, item_id="mug", raw=b'{"title": "Cup"}'))
        while not waits(pid):
            assert not changing.done()
        Item.objects.update(deleted_at=clock.now())
    with pytest.raises(errors.NotFound):
        changing.result()
    assert Item.objects.get().deleted_at is not None


def test_a_deletion_waits_for_who_is_writing(shop, elsewhere):
    def delete_impatiently():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        delete_item(shop=shop, item_id="mug")

    upsert_items(shop=shop, raw_items=[{"item_id": "mug"}])
    with transaction.atomic():
        lock_catalog(shop)
        deleting, _ = elsewhere(delete_impatiently)
        with pytest.raises(OperationalError):
            deleting.result()
    delete_item(shop=shop, item_id="mug")
