"""Shops take turns with their imports, and a file cannot take the worker's memory with it."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.catalog import services
from dashboard.catalog.models import FeedImport, FeedPart, FeedSource, Item
from dashboard.catalog.services import turns
from dashboard.core import clock, errors
from tests.catalog.conftest import FEED

pytestmark = pytest.mark.django_db
SIZES = {"small": ("feed.csv", 1), "large": ("feed.csv", 2), "packed": ("feed.csv.gz", 1)}


@pytest.fixture
def third_shop(db):
    from dashboard.accounts.services import create_shop

    return create_shop(slug="third", name="Third")[0]


def uploaded(shop, size="small", **columns):
    name, parts = SIZES[size]
    made = FeedImport.objects.create(shop=shop, name=name, beat_at=clock.now(), **columns)
    for number in range(parts):
        FeedPart.objects.create(feed_import=made, number=number, content=FEED)
    return made


def at_address(shop):
    source = FeedSource.objects.create(shop=shop, url="https://shop.example/", due_at=clock.now())
    return FeedImport.objects.create(shop=shop, source=source, name="feed", beat_at=clock.now())


def end(found):
    FeedImport.objects.filter(pk=found.pk).update(state="done", ended_at=clock.now())


def test_a_shop_has_one_import_at_a_time_and_its_neighbour_goes_between(shop, other_shop):
    mine = [uploaded(shop, "large") for _ in range(3)]
    theirs = uploaded(other_shop, "large")
    assert turns.take_turn() == mine[0]
    assert turns.take_turn() == theirs
    assert turns.take_turn() is None
    end(mine[0])
    assert turns.take_turn() == mine[1]


def test_the_shop_goes_first_whose_last_import_ended_longest_ago(shop, other_shop, third_shop):
    for hours, owner in ((1, shop), (9, other_shop), (5, third_shop)):
        uploaded(owner, state="done", ended_at=clock.now() - timedelta(hours=hours))
    mine, theirs, others = uploaded(shop), uploaded(other_shop), uploaded(third_shop)
    for expected in (theirs, others, mine):
        assert turns.take_turn() == expected
        end(expected)


@pytest.mark.parametrize("slow", ["large", "packed"])
def test_one_row_waits_for_no_large_or_packed_file(shop, other_shop, third_shop, slow):
    assert turns.take_turn() is None
    for owner in (shop, other_shop):
        uploaded(owner, slow)
        assert turns.take_turn().shop == owner
    large, small = uploaded(third_shop, slow), uploaded(third_shop)
    assert turns.take_turn() == small
    assert large.state == "waiting"


def test_addresses_that_keep_waiting_keep_no_file_waiting(shop, other_shop, third_shop):
    for owner in (shop, other_shop):
        at_address(owner)
        assert turns.take_turn().source is not None
    at_address(third_shop)
    file = uploaded(third_shop, "large")
    assert turns.take_turn() == file


def test_a_lost_worker_keeps_its_shop_waiting_for_two_minutes_only(shop):
    uploaded(shop, state="running")
    waiting = uploaded(shop)
    assert turns.take_turn() is None
    FeedImport.objects.filter(state="running").update(beat_at=clock.now() - turns.SILENT_AFTER)
    assert turns.take_turn() == waiting


def test_who_ends_passes_the_turn_on(page, sent, other_shop):
    page.upload()
    uploaded(other_shop)
    sent.clear()
    services.run_import(import_id=0)
    assert len(sent) == 1
    services.run_import(import_id=sent.pop())
    assert not FeedImport.objects.exclude(state="done").exists()
    assert sent == []


def test_a_shop_may_have_so_many_waiting_files(page, monkeypatch):
    monkeypatch.setattr("dashboard.catalog.services.imports.MAX_WAITING", 1)
    page.upload()
    assert page.post("upload", feed=page.file()).status_code == errors.TooMany.status
    assert FeedImport.objects.count() == 1


def test_a_small_parquet_that_wants_gigabytes_is_refused_in_words_and_nothing_stored(page, work, tmp_path):
    path = tmp_path / "feed.parquet"
    texts = pa.array(["😀" + "x" * 100_000] * 2000)
    pq.write_table(pa.table({"item_id": [f"i{row}" for row in range(2000)], "title": texts}), path, compression="zstd")
    found = page.upload(path.read_bytes(), name="feed.parquet")
    work()
    found.refresh_from_db()
    assert (found.state, Item.objects.count()) == ("failed", 0)
    assert "takes more than 1024 MiB of memory" in page.get("import", found.pk).content.decode()
