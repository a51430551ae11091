"""Scheduled exports of audiences by the API: the same that the page of an audience makes."""

import gzip

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.audiences.services import archive_audience, create_audience, set_attributes
from dashboard.core import clock
from dashboard.exports import services
from dashboard.exports.models import Export, ExportSchedule
from dashboard.exports.schedules import start_due_exports
from tests.audiences.conftest import small_groups  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def handed(monkeypatch, settings, tmp_path):
    settings.ARTIFACT_STORE, settings.DATA_DIR = str(tmp_path / "store"), tmp_path / "data"
    for module in ("schedules", "services"):
        monkeypatch.setattr(f"dashboard.exports.{module}.enqueue", lambda name, *, export_id: None)


@pytest.fixture
def gold(shop, small_groups):  # noqa: F811
    for visitor in ("ada", "bob", "cleo"):
        set_attributes(shop=shop, visitor_id=visitor, attributes={"tier": "gold"})
    return create_audience(shop=shop, name="Gold", expression='attributes.tier = "gold"', by=None)


@pytest.fixture
def made(secret, gold):
    answer = secret.post("/export-schedules", {"audience": gold.pk, "period": "daily", "kept": 2})
    assert answer.status_code == 201
    return answer.json()


def test_a_schedule_is_made_listed_and_read(secret, made, gold):
    expected = {"audience": gold.pk, "name": "Gold", "period": "daily", "form": "csv", "kept": 2}
    assert {name: made[name] for name in expected} == expected
    assert secret.get("/export-schedules").json()["schedules"] == [made]
    assert secret.get(f"/export-schedules/{made['id']}").json() == made
    assert Export.objects.count() == 0
    assert start_due_exports(shop=ExportSchedule.objects.get().shop) == 1, "the first at once"


def test_an_audience_has_one_schedule(secret, made, gold):
    again = secret.post("/export-schedules", {"audience": gold.pk, "period": "weekly"})
    assert again.status_code == 409
    assert "change that one" in again.json()["error"]["message"]
    assert ExportSchedule.objects.get().period == "daily"


def test_what_is_changed_counts_from_its_next_time(secret, made):
    ExportSchedule.objects.update(due_at=clock.now())
    unchanged = secret.patch(f"/export-schedules/{made['id']}", {"kept": 9, "form": "jsonl"}).json()
    assert (unchanged["kept"], unchanged["form"], unchanged["period"]) == (9, "jsonl", "daily")
    weekly = secret.patch(f"/export-schedules/{made['id']}", {"period": "weekly"}).json()
    found = ExportSchedule.objects.get()
    assert (found.period, found.kept) == ("weekly", 9)
    assert found.due_at > clock.now()
    assert weekly["due_at"] > unchanged["due_at"]
    entries = AuditEntry.objects.filter(action="export.schedule_changed").order_by("pk")
    assert [entry.detail["changes"] for entry in entries] == [
        {"form": ["csv", "jsonl"], "kept": [2, 9]},
        {"period": ["daily", "weekly"]},
    ]


def test_a_change_that_changes_nothing_leaves_no_entry(secret, made):
    assert secret.patch(f"/export-schedules/{made['id']}", {"kept": 2}).status_code == 200
    assert not AuditEntry.objects.filter(action="export.schedule_changed").exists()


def test_one_is_written_now_and_kept_among_the_others(secret, made):
    ExportSchedule.objects.update(due_at=clock.now() + clock.DAY)
    answer = secret.post(f"/export-schedules/{made['id']}/run")
    assert answer.status_code == 202
    services.run_export(export_id=answer.json()["id"])
    assert ExportSchedule.objects.get().due_at > clock.now(), "its next time stays"
    file = secret.get(f"/exports/{answer.json()['id']}/file")
    assert len(gzip.decompress(file.getvalue()).splitlines()) == 4
    assert Export.objects.get().expires_at is None, "kept as long as those of the schedule"
    for _more in range(2):
        services.run_export(export_id=secret.post(f"/export-schedules/{made['id']}/run").json()["id"])
    services.sweep_exports(shop=ExportSchedule.objects.get().shop)
    assert list(Export.objects.order_by("pk").values_list("state", flat=True)) == ["expired", "done", "done"]


def test_nothing_is_written_of_an_audience_that_is_archived(secret, made, shop, gold):
    archive_audience(shop=shop, audience_id=gold.pk, by=None)
    assert secret.post(f"/export-schedules/{made['id']}/run").status_code == 404
    assert start_due_exports(shop=shop) == 0


def test_an_ended_schedule_writes_no_more(secret, made, shop):
    assert secret.delete(f"/export-schedules/{made['id']}").status_code == 204
    assert secret.get(f"/export-schedules/{made['id']}").status_code == 404
    assert start_due_exports(shop=shop) == 0
    entry = AuditEntry.objects.get(action="export.unscheduled")
    assert entry.subject == "Gold" and entry.actor_label.startswith("sk_")


@pytest.mark.parametrize(
    "wrong", [{"period": "hourly"}, {"period": "daily", "kept": 31}, {"period": "daily", "cron": "* * * * *"}, {}]
)
def test_what_is_no_schedule_is_refused(secret, gold, wrong):
    assert secret.post("/export-schedules", {"audience": gold.pk, **wrong}).status_code == 400
    assert not ExportSchedule.objects.exists()


def test_the_page_writes_one_now_too(client, shop, gold, made, owner):
    client.force_login(owner)
    client.post(reverse("exports:write-now", args=[shop.slug, gold.pk]))
    assert Export.objects.get().schedule_id == made["id"]
    assert "Write one now" in client.get(reverse("exports:of-audience", args=[shop.slug, gold.pk])).content.decode()
