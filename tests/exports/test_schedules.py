"""Audiences are written by a schedule: in time, so many files, safe cells, nothing of few and of who was erased."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.audiences.services import change_privacy, create_audience, set_attributes
from dashboard.core import clock, errors
from dashboard.exports import services
from dashboard.exports.models import Export, ExportSchedule
from dashboard.exports.schedules import end_schedule, next_time, schedule_export, start_due_exports
from dashboard.overview.services import forget_visitor
from dashboard.training import store
from tests.api.conftest import secret  # noqa: F401
from tests.audiences.conftest import small_groups  # noqa: F401

pytestmark = pytest.mark.django_db
VISITORS = ["=cmd()", "ada", "bob"]


@pytest.fixture(autouse=True)
def handed(monkeypatch):
    monkeypatch.setattr("dashboard.exports.schedules.enqueue", lambda name, *, export_id: None)


@pytest.fixture
def gold(shop, small_groups):  # noqa: F811
    for visitor in VISITORS:
        set_attributes(shop=shop, visitor_id=visitor, attributes={"tier": "gold"})
    set_attributes(shop=shop, visitor_id="zoe", attributes={"tier": "none"})
    return create_audience(shop=shop, name="Gold", expression='attributes.tier = "gold"', by=None)


def schedule(shop, gold, owner, kept=2, period="daily"):
    return schedule_export(shop=shop, audience_id=gold.pk, period=period, form="csv", kept=kept, actor=owner)


def written(shop):
    """What the sweep and the worker do; the newest file's lines."""
    start_due_exports(shop=shop)
    services.run_export(export_id=0)
    services.sweep_exports(shop=shop)
    newest = Export.objects.latest("pk")
    if newest.state != "done":
        return newest.reason
    with store.opened_file(newest.path) as file:
        return gzip.decompress(file.read()).decode().splitlines()


def again(shop):
    ExportSchedule.objects.update(due_at=clock.now())
    return written(shop)


def states():
    return list(Export.objects.order_by("pk").values_list("state", flat=True))


def test_an_audience_is_written_at_once_then_in_its_time_with_cells_that_run_nothing(shop, gold, owner):
    schedule(shop, gold, owner)
    assert [line.split(",")[0] for line in written(shop)] == ["visitor_id", "'=cmd()", "ada", "bob"]
    assert start_due_exports(shop=shop) == 0, "not before tomorrow"
    assert ExportSchedule.objects.get().due_at > clock.now()
    assert Export.objects.get().expires_at is None


def test_so_many_files_are_kept_as_were_asked_for(shop, gold, owner):
    schedule(shop, gold, owner, kept=2)
    for _day in range(4):
        again(shop)
    assert states() == ["expired", "expired", "done", "done"]
    Export.objects.update(ended_at=clock.now() - timedelta(days=60))
    services.sweep_exports(shop=shop)
    assert states() == ["done", "done"], "however old, they are what is kept"


def test_when_somebody_is_erased_files_go_and_are_written_anew(shop, gold, owner):
    schedule(shop, gold, owner)
    set_attributes(shop=shop, visitor_id="cleo", attributes={"tier": "gold"})
    assert len(written(shop)) == 5
    forget_visitor(shop=shop, visitor_id="ada", by="sk_test")
    assert states() == ["expired"]
    assert [line.split(",")[0] for line in written(shop)] == ["visitor_id", "'=cmd()", "bob", "cleo"]


def test_of_too_few_no_file_is_written_and_the_reason_is_told(shop, gold, owner, secret):  # noqa: F811
    schedule(shop, gold, owner)
    change_privacy(shop=shop, smallest_group=4, barred_attributes=[], actor=owner)
    assert "Fewer than 4 visitors" in written(shop)
    assert secret.post("/exports", {"kind": "audience", "audience": gold.pk}).status_code == 403


def test_the_api_writes_an_audience_once(shop, gold, secret):  # noqa: F811
    asked = secret.post("/exports", {"kind": "audience", "audience": gold.pk, "form": "csv"}).json()
    services.run_export(export_id=asked["id"])
    assert len(gzip.decompress(secret.get(f"/exports/{asked['id']}/file").getvalue()).splitlines()) == 4
    assert secret.post("/exports", {"kind": "audience"}).status_code == 400
    assert secret.post("/exports", {"kind": "items", "audience": gold.pk}).status_code == 400
    assert secret.post("/exports", {"kind": "audience", "audience": 10**9}).status_code == 404


def test_a_schedule_that_ends_leaves_its_files_a_day(shop, gold, owner):
    schedule(shop, gold, owner)
    written(shop)
    end_schedule(shop=shop, audience_id=gold.pk, actor=owner)
    assert clock.now() < Export.objects.get().expires_at < clock.now() + timedelta(days=1)
    with pytest.raises(errors.NotFound):
        end_schedule(shop=shop, audience_id=gold.pk, actor=owner)
    actions = AuditEntry.objects.filter(action__contains="scheduled").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["export.scheduled", "export.unscheduled"]


@pytest.mark.parametrize("wrong", [{"kept": 0}, {"kept": 31}, {"period": "hourly"}])
def test_what_is_no_schedule_is_refused(shop, gold, owner, wrong):
    with pytest.raises(errors.Invalid):
        schedule(shop, gold, owner, **wrong)


@pytest.mark.parametrize(
    ("period", "due"),
    [("daily", datetime(2026, 11, 30, 21, tzinfo=UTC)), ("weekly", datetime(2026, 12, 6, 21, tzinfo=UTC))],
)
def test_it_is_five_in_the_morning_by_the_clock_of_the_shop(period, due):
    monday_afternoon = datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert next_time(period, monday_afternoon, "Asia/Shanghai") == due


def test_the_page_of_an_audience_schedules_and_lists_its_files(client, shop, gold, owner, viewer):
    client.force_login(owner)
    fragment = reverse("exports:of-audience", args=[shop.slug, gold.pk])
    assert fragment in client.get(reverse("audiences:detail", args=[shop.slug, gold.pk])).content.decode()
    assert "every day or week" in client.get(fragment).content.decode()
    sent = {"period": "weekly", "form": "csv", "kept": "5"}
    client.post(reverse("exports:schedule", args=[shop.slug, gold.pk]), sent)
    written(shop)
    shown = client.get(fragment).content.decode()
    assert reverse("exports:file", args=[shop.slug, Export.objects.get().pk]) in shown
    assert "Written every Monday" in shown
    listed = client.get(reverse("exports:index", args=[shop.slug])).content.decode()
    assert "Audience “Gold”" in listed
    assert "the newest 5 files are kept" in listed
    client.force_login(viewer)
    assert client.get(fragment).status_code == 403
