"""The page of exports: ask for a file, see how far it is, download it."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.catalog.services import upsert_items
from dashboard.core import clock
from dashboard.exports import services
from dashboard.exports.models import Export

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, shop, editor):
    client.force_login(editor)
    return lambda name="index", *ids: reverse(f"exports:{name}", args=[shop.slug, *ids])


def asked(client, page, **fields):
    return client.post(page("request"), {"what": "items", "form": "csv", **fields}, follow=True)


def test_an_editor_asks_for_a_list_a_worker_writes_it_and_the_page_hands_it_out(client, page, shop, editor):
    upsert_items(shop=shop, raw_items=[{"item_id": name, "title": name} for name in ("mug", "jug", "cup")])
    assert "1 file</b> is being written" in asked(client, page).content.decode()
    made = Export.objects.get()
    assert client.get(page("live")).headers.get("HX-Refresh") is None
    assert client.get(page("file", made.pk)).status_code == 409
    services.run_export(export_id=made.pk)
    assert client.get(page("live")).headers["HX-Refresh"] == "true"
    text = client.get(page()).content.decode()
    assert "1 file</b> is ready" in text
    assert page("file", made.pk) in text
    answer = client.get(page("file", made.pk))
    assert gzip.decompress(answer.getvalue()).decode().count("\n") == 4
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor")) == [
        ("export.requested", editor.pk),
        ("export.fetched", editor.pk),
    ]


def test_days_are_the_shop_s_and_both_are_in_it(client, page, shop):
    shop.timezone = "America/New_York"
    shop.save()
    asked(client, page, what="interactions", since="2026-11-01", until="2026-11-03")
    made = Export.objects.get()
    assert (made.since, made.until) == (
        datetime(2026, 11, 1, 4, tzinfo=UTC),
        datetime(2026, 11, 4, 5, tzinfo=UTC),  # summer time ended between
    )
    assert "3 Nov" in client.get(page()).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"since": "2026-11-01"},
        {"what": "interactions", "since": "2026-11-02", "until": "2026-11-01"},
        {"what": "everything"},
        {"form": "xlsx"},
        {"what": "interactions", "since": "yesterday"},
    ],
    ids=["a period of the catalog", "ends before it begins", "an unknown list", "an unknown form", "no date"],
)
def test_what_cannot_be_written_is_refused_in_words(client, page, fields):
    answer = asked(client, page, **fields)
    assert answer.status_code == 400
    assert not Export.objects.exists()


def test_a_segment_that_there_is_not_is_not_found(client, page):
    assert asked(client, page, what="segment-77").status_code == 404


def test_why_there_is_no_file_stands_beside_it_in_the_language_of_the_page(client, page, shop):
    now = clock.now()
    for state, reason in (("failed", "Its worker was lost three times."), ("expired", "")):
        Export.objects.create(
            shop=shop, kind="items", state=state, reason=reason, requested_by="sk_live", beat_at=now, ended_at=now
        )
    text = client.get(page()).content.decode()
    assert "Its worker was lost three times." in text
    assert "no longer kept" in text
    assert "/file/" not in text
    client.cookies["django_language"] = "zh-hans"
    assert "执行它的工作进程三次丢失" in client.get(page()).content.decode()


def test_without_any_the_page_says_what_to_do(client, page):
    text = client.get(page()).content.decode()
    assert "No file was asked for yet" in text
    assert "POST /api/v1/exports" in text


def test_a_shop_that_waits_for_many_is_told_so(client, page, shop):
    for _ in range(services.MAX_WAITING):
        Export.objects.create(shop=shop, kind="items", requested_by="x", beat_at=clock.now() - timedelta(minutes=1))
    assert asked(client, page).status_code == 429


def test_viewers_see_neither_the_page_nor_its_link(client, page, shop, viewer):
    settings_page = reverse("settings:index", args=[shop.slug])
    assert page() in client.get(settings_page).content.decode()
    client.force_login(viewer)
    assert page() not in client.get(settings_page).content.decode()
    assert {client.get(page()).status_code, asked(client, page).status_code} == {403}
