"""Whole lists written to files by a worker: scoped, in turns, told, and gone in time."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.catalog.services import upsert_items
from dashboard.core import clock
from dashboard.events.services import record_events
from dashboard.exports import selectors, services
from dashboard.exports.models import Export
from dashboard.overview.services import forget_visitor
from dashboard.training import store
from tests.api.conftest import secret  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog(shop):
    upsert_items(shop=shop, raw_items=[{"item_id": name, "title": f"={name}"} for name in "abc"])


@pytest.fixture
def behaviour(shop):
    def saw(event_id, visitor_id, at):
        seen = {"type": "view_item", "visitor_id": visitor_id, "item_id": "a"}
        return {"event_id": event_id, **seen, "timestamp": at}

    sent = [saw("1", "ada", "2026-10-01T00:00:00Z"), saw("2", "bob", "2026-11-01T00:00:00Z")]
    record_events(shop=shop, raw=sent)


def wish(shop, kind="items", **more):
    return services.request_export(shop=shop, kind=kind, form=more.pop("form", "jsonl"), by="sk_test", **more)


def fetched(secret, export_id):  # noqa: F811
    answer = secret.get(f"/exports/{export_id}/file")
    assert answer.status_code == 200, answer.content
    return gzip.decompress(answer.getvalue()).decode().splitlines()


def test_a_list_is_asked_for_written_and_fetched(secret, shop, catalog, sent):  # noqa: F811
    asked = secret.post("/exports", {"kind": "items", "form": "csv"})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    number = asked.json()["id"]
    assert sent == [number]
    assert secret.get(f"/exports/{number}/file").status_code == 409
    services.run_export(export_id=number)
    told = secret.get(f"/exports/{number}").json()
    assert (told["state"], told["rows"]) == ("done", 3)
    assert told["size_bytes"] > 0
    lines = fetched(secret, number)
    assert (lines[0].split(",")[0], [line.split(",")[1] for line in lines[1:]]) == ("item_id", ["'=a", "'=b", "'=c"])
    assert secret.get("/exports").json()["exports"] == [told]
    actions = AuditEntry.objects.filter(shop=shop, action__startswith="export.").values_list("action", flat=True)
    assert sorted(actions) == ["export.fetched", "export.requested"]


def test_a_period_and_nothing_of_others(secret, shop, other_shop, behaviour):  # noqa: F811
    record_events(shop=other_shop, raw=[{"event_id": "9", "type": "view_item", "visitor_id": "x", "item_id": "a"}])
    number = secret.post("/exports", {"kind": "interactions", "until": "2026-11-01T00:00:00Z"}).json()["id"]
    services.run_export(export_id=number)
    assert [json.loads(line)["visitor_id"] for line in fetched(secret, number)] == ["ada"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "secrets"},
        {"kind": "segment"},
        {"kind": "items", "segment": 1},
        {"kind": "items", "since": "2026-01-01T00:00:00Z"},
        {"kind": "items", "shop": "other"},
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_waits(secret, body):  # noqa: F811
    assert secret.post("/exports", body).status_code == 400
    assert not Export.objects.exists()


def test_a_segment_that_there_is_not_is_a_404(secret):  # noqa: F811
    assert secret.post("/exports", {"kind": "segment", "segment": 7}).status_code == 404


def test_a_message_that_comes_twice_writes_once_and_the_turn_passes_on(shop, other_shop, catalog, sent):
    mine, theirs = [wish(shop), wish(shop)], wish(other_shop)
    sent.clear()
    services.run_export(export_id=mine[0].pk)
    services.run_export(export_id=mine[0].pk)
    states = dict(Export.objects.values_list("pk", "state"))
    assert states == {mine[0].pk: "done", theirs.pk: "done", mine[1].pk: "waiting"}
    assert sent == [theirs.pk, mine[1].pk]


def test_one_is_written_at_a_time(shop, other_shop):
    Export.objects.filter(pk=wish(shop).pk).update(state="running")
    theirs = wish(other_shop)
    services.run_export(export_id=theirs.pk)
    theirs.refresh_from_db()
    assert theirs.state == "waiting"


def test_a_shop_may_wait_for_so_many(secret, monkeypatch):  # noqa: F811
    monkeypatch.setattr(services, "MAX_WAITING", 1)
    assert [secret.post("/exports", {"kind": "items"}).status_code for _ in range(2)] == [202, 429]


def test_an_erased_visitor_is_in_no_file_that_is_kept(secret, shop, catalog, behaviour):  # noqa: F811
    kinds = [wish(shop, "interactions"), wish(shop)]
    for found in kinds:
        services.run_export(export_id=found.pk)
        found.refresh_from_db()
    forget_visitor(shop=shop, visitor_id="ada", by="sk_test")
    gone = secret.get(f"/exports/{kinds[0].pk}/file")
    assert (gone.status_code, "erased" in gone.json()["error"]["message"]) == (404, True)
    with pytest.raises(Exception, match="does not hold"):
        store.opened_file(kinds[0].path)
    assert len(fetched(secret, kinds[1].pk)) == 3


def test_an_export_that_is_being_written_begins_anew_when_a_visitor_is_erased(shop, behaviour, monkeypatch):
    found = wish(shop, "interactions")
    real = store.put_file

    def erase_meanwhile(path, name):
        real(path, name)
        monkeypatch.setattr(store, "put_file", real)
        forget_visitor(shop=shop, visitor_id="ada", by="sk_test")

    monkeypatch.setattr(store, "put_file", erase_meanwhile)
    services.run_export(export_id=found.pk)
    found.refresh_from_db()
    assert (found.state, found.path) == ("waiting", "")
    services.run_export(export_id=found.pk)
    found.refresh_from_db()
    assert (found.state, found.rows) == ("done", 1)
    with pytest.raises(Exception, match="does not hold"):
        store.opened_file(f"exports/shop-{shop.pk}/{found.pk}-1.jsonl.gz")


def test_files_go_after_a_day_and_lost_work_is_handed_out_again(secret, shop, catalog, sent):  # noqa: F811
    done, lost = wish(shop), wish(shop)
    services.run_export(export_id=done.pk)
    long_ago = clock.now() - timedelta(hours=1)
    Export.objects.filter(pk=done.pk).update(expires_at=long_ago)
    Export.objects.filter(pk=lost.pk).update(state="running", attempt=1, beat_at=long_ago)
    sent.clear()
    services.sweep_exports(shop=shop)
    assert sent == [lost.pk]
    assert secret.get(f"/exports/{done.pk}/file").status_code == 404
    Export.objects.filter(pk=lost.pk).update(state="running", attempt=services.MAX_ATTEMPTS, beat_at=long_ago)
    services.sweep_exports(shop=shop)
    lost.refresh_from_db()
    assert (lost.state, lost.reason) == ("failed", "Its worker was lost three times.")


def test_a_store_that_refuses_is_told(shop, catalog, settings, tmp_path):
    (tmp_path / "file").write_text("no folder")
    settings.ARTIFACT_STORE = str(tmp_path / "file")
    found = wish(shop)
    services.run_export(export_id=found.pk)
    found.refresh_from_db()
    assert (found.state, str(tmp_path / "file") in found.reason) == ("failed", True)


def test_a_file_of_a_remote_store_leaves_no_copy_here(secret, shop, catalog, settings):  # noqa: F811
    settings.ARTIFACT_STORE = "memory://exports-of-tests"
    found = wish(shop)
    services.run_export(export_id=found.pk)
    assert len(fetched(secret, found.pk)) == 3
    assert [path for path in settings.DATA_DIR.rglob("*") if path.is_file()] == []


def test_a_file_is_named_after_the_day_on_the_clock_of_the_shop(shop):
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # in London it is tomorrow already
    found = Export(shop=shop, kind="items", form="csv", created_at=late)
    assert selectors.file_name(found) == "items-2026-07-02.csv.gz"
