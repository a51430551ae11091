"""A feed of the whole catalog takes out what it no longer names, and nothing by mistake."""

import gzip
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboard.accounts.models import AuditEntry
from dashboard.catalog import services
from dashboard.catalog.models import FeedImport, FeedSource, Item
from dashboard.catalog.selectors import current_items
from dashboard.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog(shop):
    """Twelve items, of which 20 % are two."""
    items = [{"item_id": f"item-{number:02}", "price": 1, "title": f"Item {number}"} for number in range(12)]
    services.upsert_items(shop=shop, raw_items=items)


def feed(numbers, *more):
    return "\n".join(["item_id,price", *(f"item-{number:02},2" for number in numbers), *more, ""]).encode()


def left(shop):
    return [
        int(item_id[-2:]) for item_id in current_items(shop.pk).order_by("item_id").values_list("item_id", flat=True)
    ]


def ended(found):
    found.refresh_from_db()
    return found.state, found.removal, found.missing


@pytest.fixture
def command(shop, tmp_path, capsys):
    """`command(content, *options) -> (exit code, what was said)`"""

    def run(content, *options, name="feed.csv"):
        (tmp_path / name).write_bytes(content)
        code = 0
        try:
            call_command("import_items", str(tmp_path / name), "--shop", shop.slug, "--remove-missing", *options)
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_items_that_the_feed_does_not_name_are_taken_out_and_audited(page, work, shop, editor, catalog):
    found = page.upload(feed(range(2, 12)), removes_missing="on")
    work()
    assert ended(found) == ("done", "removed", 2)
    assert left(shop) == list(range(2, 12))
    shown = page.get("import", found.pk).content.decode()
    assert "<b>2 items</b> that the feed does not name were taken out" in shown
    assert "Item 1" in shown
    entry = AuditEntry.objects.get(shop=shop, actor=editor, action="catalog.missing_removed")
    assert entry.detail == {"items": 2}


def test_a_feed_that_was_not_asked_to_takes_nothing_out(page, work, shop, catalog):
    page.upload(feed(range(2, 12)))
    work()
    assert len(left(shop)) == 12


def test_an_item_whose_row_is_refused_stays_as_it_was(page, work, shop, catalog):
    found = page.upload(feed(range(1, 11), "item-11,cheap"), removes_missing="on")
    work()
    assert ended(found) == ("done", "removed", 1)
    assert left(shop) == list(range(1, 12))
    assert Item.objects.get(item_id="item-11").price == 1


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("feed.csv", "item_id,price\n{names}item-11,x\n"),
        ("google.tsv", "id\ttitle\tprice\n{names}item-11\tEleven\tx\n"),
        ("feed.jsonl", '{names}{{"item_id": "item-11", "price": "x"}}\n'),
        ("shopify.csv", "Handle,Title,Variant Price\n{names}item-11,Eleven,x\n"),
        ("feed.xml", "<rss><channel>{names}<item><id>item-11</id><price>x</price></item></channel></rss>"),
    ],
)
def test_a_refused_row_names_its_item_in_every_form(command, shop, catalog, name, rows):
    forms = {
        "feed.csv": "item-{0:02},2\n",
        "google.tsv": "item-{0:02}\tTin\t2 GBP\n",
        "feed.jsonl": '{{"item_id": "item-{0:02}"}}\n',
        "shopify.csv": "item-{0:02},Tin,2\n",
        "feed.xml": "<item><id>item-{0:02}</id><price>2 GBP</price></item>",
    }
    content = rows.format(names="".join(forms[name].format(number) for number in range(1, 11)))
    code, said = command(content.encode(), name=name)
    assert (code, left(shop)) == (1, list(range(1, 12))), said
    assert "1 of 12 items are not in the feed and were taken out (item-00)" in said


def test_a_row_that_names_no_item_keeps_everything(page, work, shop, catalog):
    found = page.upload(feed(range(2, 12), ",3"), removes_missing="on")
    work()
    assert ended(found) == ("done", "unreadable", 0)
    assert len(left(shop)) == 12
    assert "Nothing was taken out" in page.get("import", found.pk).content.decode()


@pytest.mark.parametrize("cut", ["item-11,2,", "item-11", "ite", '"item-11'])
def test_a_table_that_is_cut_off_in_a_row_takes_nothing_out(command, shop, catalog, cut):
    whole = feed(range(2, 11)).replace(b"price\n", b"price,in_stock\n").replace(b",2\n", b",2,yes\n")
    code, said = command(whole + cut.rstrip(",").encode())
    assert code == 1
    assert len(left(shop)) == 12, said


def test_other_forms_that_are_cut_off_take_nothing_out(command, shop, catalog):
    rows = "".join(f'{{"item_id": "item-{number:02}"}}\n' for number in range(1, 12)).encode()
    xml = b"<rss>" + b"".join(b"<item><id>item-%02d</id></item>" % number for number in range(1, 12)) + b"</rss>"
    assert command(rows[:-5], name="feed.jsonl")[0] == 1
    assert command(xml[:-3], name="feed.xml")[0] == 1
    with pytest.raises(CommandError, match="damaged"):
        command(gzip.compress(feed(range(1, 12)))[:-9], name="feed.csv.gz")
    assert len(left(shop)) == 12


@pytest.mark.parametrize("content", [b"item_id,price\n", b"item_id,price\nitem-01,x\n"])
def test_an_empty_feed_takes_nothing_out(command, shop, catalog, content):
    code, said = command(content)
    assert code == 1
    assert "Nothing was taken out" in said
    assert len(left(shop)) == 12


def test_more_than_a_fifth_goes_only_if_somebody_agrees_to_as_many(command, shop, catalog):
    code, said = command(feed(range(3, 12)))
    assert (code, len(left(shop))) == (1, 12)
    assert "--remove-up-to 3" in said
    assert command(feed(range(4, 12)), "--remove-up-to", "3")[0] == 1
    assert command(feed(range(3, 12)), "--remove-up-to", "3")[0] == 0
    assert left(shop) == list(range(3, 12))


def test_what_a_feed_adds_does_not_enlarge_the_share(command, shop, catalog):
    code, _ = command(feed(range(20, 90)))
    assert code == 1
    assert left(shop)[:12] == list(range(12))


def test_too_many_are_confirmed_on_the_page(page, work, shop, catalog):
    found = page.upload(feed(range(5, 12)), removes_missing="on")
    work()
    assert ended(found) == ("done", "too_many", 5)
    shown = page.get("import", found.pk).content.decode()
    assert "Take out 5 items" in shown
    assert "5 to confirm" in page.get("feeds").content.decode()
    page.post("apply-import", found.pk, agreed_to=5)
    work()
    assert ended(FeedImport.objects.latest("pk")) == ("done", "removed", 5)
    assert left(shop) == list(range(5, 12))
    assert "Take out 5 items" not in page.get("import", found.pk).content.decode()


def test_a_dry_run_counts_and_names_some_and_takes_nothing_out(page, work, shop, catalog):
    found = page.upload(feed(range(2, 12)), removes_missing="on", dry_run="on")
    work()
    assert ended(found) == ("done", "previewed", 2)
    assert found.missing_sample[0] == {"item_id": "item-00", "title": "Item 0"}
    assert len(left(shop)) == 12
    assert "<b>2 items</b> that it does not name would be taken out" in page.get("import", found.pk).content.decode()
    page.post("apply-import", found.pk)
    work()
    assert left(shop) == list(range(2, 12))


def test_what_came_after_the_file_stays(page, work, shop, catalog):
    page.upload(feed(range(2, 12)), removes_missing="on")
    services.upsert_items(shop=shop, raw_items=[{"item_id": "item-50"}, {"item_id": "item-01", "price": 7}])
    work()
    assert left(shop) == [*range(1, 12), 50]


def test_all_or_nothing_takes_nothing_out_where_a_row_is_refused(command, shop, catalog):
    code, _ = command(feed(range(2, 11), "item-11,x"), "--all-or-nothing")
    assert (code, len(left(shop))) == (1, 12)
    code, _ = command(feed(range(2, 12)), "--all-or-nothing")
    assert (code, left(shop)) == (0, list(range(2, 12)))


def test_the_command_reports_the_removal_as_json(command, shop, catalog):
    _, said = command(feed(range(1, 12)), "--dry-run", "--json")
    removal = json.loads(said)["removal"]
    assert (removal["outcome"], removal["missing"], removal["known"]) == ("previewed", 1, 12)
    assert removal["sample"] == [{"item_id": "item-00", "title": "Item 0"}]


def test_a_scheduled_feed_takes_out_what_it_no_longer_names(page, work, host, shop, catalog):
    host.content = feed(range(1, 12))
    page.post("add-source", url=host.url, every_hours=3, form="", removes_missing="on")
    work()
    assert left(shop) == list(range(1, 12))
    host.content, host.etag = feed(range(7, 12)), '"2"'
    FeedSource.objects.update(due_at=clock.now())
    services.start_due_feeds(shop=shop)
    work()
    held = FeedImport.objects.latest("pk")
    assert ended(held) == ("done", "too_many", 6)
    assert "Take out 6 items" in page.get("import", held.pk).content.decode()
    page.post("fetch-source", held.source_id, agreed_to=6)
    work()
    assert left(shop) == list(range(7, 12))
    assert page.post("add-source", url=host.url + "2", every_hours=3, form="", removes_missing="on").status_code == 400


def test_another_shops_items_stay(page, work, shop, other_shop, catalog):
    services.upsert_items(shop=other_shop, raw_items=[{"item_id": "item-99"}])
    page.upload(feed(range(2, 12)), removes_missing="on")
    work()
    assert left(other_shop) == [99]
