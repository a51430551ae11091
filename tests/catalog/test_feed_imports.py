"""Feeds from the page and from addresses: a worker reads them, and every row is accounted for."""

import gzip
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from dashboard.accounts.models import AuditEntry
from dashboard.catalog import feed_selectors, services
from dashboard.catalog.models import FeedImport, FeedPart, FeedProblem, FeedSource, Item
from dashboard.core import clock, errors
from tests.catalog.conftest import FEED

pytestmark = pytest.mark.django_db


def counts(found):
    found.refresh_from_db()
    return found.state, found.new, found.changed, found.unchanged, found.refused


def test_a_file_from_the_page_is_imported_and_its_bad_rows_are_shown(page, work, shop, editor):
    found = page.upload()
    assert "Waiting for a worker" in page.get("import", found.pk).content.decode()
    work()
    assert counts(found) == ("done", 1, 0, 0, 1)
    shown = page.get("import", found.pk).content.decode()
    assert "price must be a number" in shown
    assert AuditEntry.objects.filter(shop=shop, actor=editor, action="catalog.imported").exists()
    assert not FeedPart.objects.exists()


def test_a_dry_run_says_what_would_change_and_can_be_imported_after(page, work, shop):
    services.upsert_items(
        shop=shop, raw_items=[{"item_id": "a", "price": 1}, {"item_id": "b", "price": 1}, {"item_id": "gone"}]
    )
    services.delete_item(shop=shop, item_id="gone")
    feed = b"item_id,price\na,1.00\nb,2\ngone,\nnew,1\nbad,x\nnew,2\n"
    looked = page.upload(feed, dry_run="on")
    work()
    assert counts(looked) == ("done", 1, 2, 1, 1)
    assert looked.duplicates == 1
    assert Item.objects.get(item_id="b").price == 1
    assert not Item.objects.filter(item_id="new").exists()
    assert "Import it now" in page.get("import", looked.pk).content.decode()
    page.post("apply-import", looked.pk)
    work()
    assert counts(FeedImport.objects.latest("pk")) == ("done", 1, 2, 1, 1)
    assert Item.objects.get(item_id="b").price == 2
    assert page.post("apply-import", looked.pk).status_code == 409


def test_an_id_that_comes_again_much_later_is_no_second_new_item(page, work, monkeypatch):
    monkeypatch.setattr("dashboard.catalog.services.feeds.CHUNK_ROWS", 1)
    looked = page.upload(b"item_id,price\na,1\nb,1\na,2\n", dry_run="on")
    work()
    assert counts(looked) == ("done", 2, 0, 0, 0)
    assert looked.duplicates == 1


def test_what_a_feed_says_again_is_not_written_again(shop):
    batch = [{"item_id": "a", "price": 1, "attributes": {"x": 1}}]
    services.upsert_items(shop=shop, raw_items=batch)
    before = Item.objects.get().updated_at
    assert services.upsert_items(shop=shop, raw_items=batch).changes == {"new": 0, "changed": 0, "unchanged": 1}
    assert Item.objects.get().updated_at == before
    batch[0]["attributes"] = {"x": True}
    assert services.upsert_items(shop=shop, raw_items=batch).changes["changed"] == 1


def test_every_bad_row_is_kept_paged_and_can_be_downloaded(page, work):
    found = page.upload(b"item_id,price\n" + b"=a,x\n" * 2500)
    work()
    assert counts(found)[-1] == 2500
    assert len(page.get("import", found.pk).context["page"].problems) == 50
    download = page.get("import-problems", found.pk)
    lines = b"".join(download.streaming_content).decode().splitlines()
    assert (len(lines), lines[0], lines[1]) == (
        2501,
        "line,item_id,field,value,code,message",
        "2,'=a,price,x,wrong_type,price must be a number such as 12.50.",
    )
    assert lines[-1].startswith("2501,")


def test_a_file_that_is_no_feed_fails_in_words(page, work):
    found = page.upload(b"name\nx\n")
    work()
    assert counts(found)[0] == "failed"
    assert "no column item_id" in page.get("import", found.pk).content.decode()


def test_a_packed_file_is_taken_from_the_page(page, work):
    found = page.upload(gzip.compress(FEED), name="Catalog.CSV.gz")
    work()
    assert counts(found) == ("done", 1, 0, 0, 1)


def test_a_file_of_another_kind_is_refused_at_once(page):
    response = page.post("upload", feed=SimpleUploadedFile("feed.exe", b"MZ"))
    assert response.status_code == 400
    assert not FeedImport.objects.exists()


def test_a_message_that_comes_twice_imports_once(page, sent, monkeypatch):
    found = page.upload()
    services.run_import(import_id=found.pk)
    monkeypatch.setattr("dashboard.catalog.services.imports.import_items", lambda **_: pytest.fail("again"))
    services.run_import(import_id=found.pk)


def test_a_lost_import_is_done_by_another_worker_and_given_up_the_third_time(page, sent, shop):
    found = page.upload()
    sent.clear()
    for attempt in (1, 2):
        long_ago = clock.now() - timedelta(hours=1)
        FeedImport.objects.update(state="running", attempt=attempt, beat_at=long_ago)
        services.sweep_imports(shop=shop)
        assert counts(found)[0] == "waiting"
        assert sent.pop() == found.pk
    FeedImport.objects.update(state="running", attempt=3, beat_at=long_ago)
    services.sweep_imports(shop=shop)
    assert counts(found)[0] == "failed"


def test_a_scheduled_feed_is_fetched_at_once_and_only_read_when_it_has_changed(page, work, host, shop):
    page.post("add-source", url=host.url, every_hours=3, form="")
    work()
    first = FeedImport.objects.get()
    assert counts(first) == ("done", 1, 0, 0, 1)
    FeedSource.objects.update(due_at=clock.now())
    assert services.start_due_feeds(shop=shop) == 1
    assert services.start_due_feeds(shop=shop) == 0
    work()
    assert counts(FeedImport.objects.latest("pk"))[0] == "same"
    host.content, host.etag = b"item_id,price\na,5\n", '"2"'
    FeedSource.objects.update(due_at=clock.now())
    services.start_due_feeds(shop=shop)
    work()
    assert counts(FeedImport.objects.latest("pk")) == ("done", 0, 1, 0, 0)
    assert [headers.get("If-None-Match") for headers in host.asked] == [None, '"1"', '"1"']


def test_pages_and_records_never_show_the_secrets_of_an_address(page, work, host, shop, caplog):
    page.post("add-source", url=host.url, every_hours=24, form="")
    host.content = b"nothing"
    work()
    shown = page.get("feeds").content.decode() + page.get("import", FeedImport.objects.get().pk).content.decode()
    shown += str(list(AuditEntry.objects.values())) + caplog.text
    assert "127.0.0.1" in shown
    assert not any(secret in shown for secret in ("holly:", "sesame", "token="))
    assert "failed" in shown


@pytest.mark.parametrize("url", ["http://127.0.0.1/feed", "http://169.254.169.254/latest/", "file:///etc/passwd", "x"])
def test_an_address_inside_is_refused_when_it_is_added(page, url):
    assert page.post("add-source", url=url, every_hours=24, form="").status_code == 400
    assert not FeedSource.objects.exists()


def test_an_address_that_moves_inside_later_is_refused_when_it_is_fetched(page, work, host, settings):
    page.post("add-source", url=host.url, every_hours=24, form="")
    settings.FEEDS_ALLOW_PRIVATE_HOSTS = False
    work()
    assert "public internet" in FeedImport.objects.get().reason
    assert host.asked == []


def test_a_paused_feed_rests_and_a_removed_one_leaves_its_items(page, work, host, shop):
    page.post("add-source", url=host.url, every_hours=24, form="")
    work()
    source = FeedSource.objects.get()
    FeedSource.objects.update(due_at=clock.now())
    page.post("pause-source", source.pk)
    assert services.start_due_feeds(shop=shop) == 0
    page.post("fetch-source", source.pk)
    work()
    assert counts(FeedImport.objects.latest("pk")) == ("done", 0, 0, 1, 1)
    page.post("remove-source", source.pk)
    assert not FeedSource.objects.exists()
    assert Item.objects.exists()


def test_a_feed_is_scheduled_once(page, host, shop, editor):
    page.post("add-source", url=host.url, every_hours=24, form="")
    with pytest.raises(errors.Conflict):
        services.add_feed_source(shop=shop, url=host.url, every_hours=24, actor=editor)


def test_viewers_may_look_and_not_change(client, page, work, shop, viewer, host):
    found = page.upload()
    page.post("add-source", url=host.url, every_hours=24, form="")
    source = FeedSource.objects.get()
    client.force_login(viewer)
    assert page.get("feeds").status_code == page.get("import", found.pk).status_code == 200
    refused = [
        page.post("upload", feed=SimpleUploadedFile("feed.csv", FEED)),
        page.post("add-source", url=host.url),
        page.post("apply-import", found.pk),
        *(page.post(f"{verb}-source", source.pk) for verb in ("fetch", "pause", "remove")),
    ]
    assert {response.status_code for response in refused} == {403}


def test_another_shops_imports_and_feeds_do_not_exist(page, shop, other_shop):
    theirs = FeedImport.objects.create(shop=other_shop, name="theirs.csv", beat_at=clock.now())
    source = FeedSource.objects.create(shop=other_shop, url="https://other.example/", due_at=clock.now())
    for name in ("import", "import-live", "import-problems"):
        assert page.get(name, theirs.pk).status_code == 404
    assert page.post("apply-import", theirs.pk).status_code == 404
    for name in ("fetch-source", "pause-source", "remove-source"):
        assert page.post(name, source.pk).status_code == 404
    assert "theirs" not in page.get("feeds").content.decode()
    with pytest.raises(errors.NotFound):
        feed_selectors.feed_source(shop.pk, source.pk)


def test_the_command_writes_every_refused_row(shop, tmp_path, capsys):
    (tmp_path / "feed.csv").write_bytes(FEED)
    with pytest.raises(SystemExit):
        call_command(
            "import_items", str(tmp_path / "feed.csv"), "--shop", shop.slug, "--refused", str(tmp_path / "bad.csv")
        )
    assert (tmp_path / "bad.csv").read_text().splitlines() == [
        "line,item_id,field,value,code,message",
        "3,b,price,cheap,wrong_type,price must be a number such as 12.50.",
    ]
    assert "2 rows: 1 new, 1 refused." in capsys.readouterr().out


def test_refused_rows_are_said_in_the_language_of_the_reader(page, client, work):
    found = page.upload(b"item_id,price\na,cheap\nb,-1\n")
    work()
    client.cookies["django_language"] = "zh-hans"
    assert "price 必须是数字，例如 12.50。" in page.get("import", found.pk).content.decode()
    lines = b"".join(page.get("import-problems", found.pk).streaming_content).decode().splitlines()
    assert lines[1:] == [
        "2,a,price,cheap,wrong_type,price 必须是数字，例如 12.50。",
        '3,b,price,\'-1,invalid_amount,"price 必须是不小于 0 且小于 1,000,000,000,000 的数字。"',
    ]


def test_rows_that_earlier_versions_refused_are_shown_as_they_were(page, shop, client):
    found = FeedImport.objects.create(shop=shop, name="old.csv", state="done", refused=1, beat_at=clock.now())
    FeedProblem.objects.create(feed_import=found, line=7, code="wrong_type", message="100 % of it was wrong.")
    client.cookies["django_language"] = "zh-hans"
    assert "100 % of it was wrong." in page.get("import", found.pk).content.decode()


def test_the_command_speaks_the_language_of_the_terminal(shop, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    (tmp_path / "feed.csv").write_bytes(FEED)
    with pytest.raises(SystemExit):
        call_command(
            "import_items", str(tmp_path / "feed.csv"), "--shop", shop.slug, "--refused", f"{tmp_path}/bad.csv"
        )
    said = capsys.readouterr()
    assert "2 行：新增 1，拒绝 1。" in said.out
    assert "第 3 行，商品 b，price“cheap”：price 必须是数字，例如 12.50。 (wrong_type)" in said.err
    assert "price 必须是数字" in (tmp_path / "bad.csv").read_text()
