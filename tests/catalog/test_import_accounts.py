"""Every row of a feed is accounted for, and what was taken otherwise than it may be meant is told."""

import csv
import io
import json

import pandas as pd
import pytest
from django.core.management import call_command

from dashboard.catalog.models import FeedProblem, Item
from dashboard.catalog.services import import_items

pytestmark = pytest.mark.django_db
NINE = (
    "item_id,title,category,price\n"
    "mug,Tea mug,Mugs,4.50\n"
    "jug,Jug,Jugs,9\n"
    "tin,,Tins,3\n"
    "mug,Tea mug,Mugs,5.00\n"
    "pot,Pot,Pots,cheap\n"
    ",Nameless,Mugs,1\n"
    "cup,Cup,Cups,2\n"
    "lid,Lid,,1\n"
    "urn,,Urns,7\n"
)
SHOPIFY = (
    "Handle,Title,Vendor,Variant Price,Image Src,SEO Title,Gift Card\n"
    "mug,Tea mug,Holly,4.50,https://x.example/1.jpg,The mug,false\n"
    "mug,,,,https://x.example/2.jpg,,\n"
    "mug,,,,https://x.example/3.jpg,,\n"
    "jug,Jug,Holly,9.00,,,\n"
)


@pytest.fixture
def nine(tmp_path):
    path = tmp_path / "nine.csv"
    path.write_text(NINE)
    return path


def accounted(report):
    return sum(report.fates.values()) == report.rows


def test_nine_rows_are_nine(shop, nine):
    Item.objects.create(shop=shop, item_id="cup", title="Cup", price=2, attributes={"category": "Cups"})
    report = import_items(shop=shop, path=nine)
    assert report.rows == 9
    assert report.fates == {"new": 5, "changed": 0, "unchanged": 1, "duplicates": 1, "additions": 0, "refused": 2}
    assert accounted(report)


@pytest.mark.parametrize("dry_run", [True, False])
def test_rows_that_only_add_a_picture_count_too(shop, tmp_path, dry_run):
    path = tmp_path / "products.csv"
    path.write_text(SHOPIFY)
    report = import_items(shop=shop, path=path, apart=True, dry_run=dry_run)
    assert (report.rows, report.accepted, report.additions) == (4, 2, 2)
    assert accounted(report)


def test_a_refused_row_names_its_item_its_field_and_what_stands_there(shop, nine):
    pot, nameless = import_items(shop=shop, path=nine).rejected
    assert (pot["line"], pot["item_id"], pot["field"], pot["value"]) == (6, "pot", "price", "cheap")
    assert (nameless["line"], nameless["item_id"], nameless["field"], nameless["value"]) == (7, "", "item_id", "")


def test_checks_of_the_catalog_name_them_too_however_the_file_is_read(shop, tmp_path):
    path = tmp_path / "items.jsonl"
    rows = [
        {"item_id": "mug", "title": "Mug", "image_url": "javascript:alert(1)"},
        {"item_id": "jug", "categories": ["Fine", "x" * 300]},
        {"item_id": "tin", "price": [1]},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    for apart in (False, True):
        found = [(row["item_id"], row["field"], row["value"][:6]) for row in _rejected(shop, path, apart=apart)]
        assert found == [("mug", "image_url", "javas" + "c"), ("jug", "categories[1]", "xxxxxx"), ("tin", "price", "")]


def _rejected(shop, path, *, apart):
    return import_items(shop=shop, path=path, apart=apart).rejected


def test_an_unknown_column_is_named_with_the_nearest_known_one(shop, nine):
    report = import_items(shop=shop, path=nine)
    (column,) = report.remarks.columns
    assert (column.name, column.is_kept, column.meant, column.rows) == ("category", True, "categories", 7)
    assert Item.objects.get(item_id="jug").attributes == {"category": "Jugs"}


def test_what_the_feed_has_already_is_not_what_another_column_means(shop, tmp_path):
    path = tmp_path / "items.tsv"
    path.write_text("item_id\ttitle\tname\tsize\tvendor\t\nmug\tMug\tThe mug\tXL\tHolly\tlost\n")
    remarks = import_items(shop=shop, path=path).remarks
    told = {column.name: (column.is_kept, column.meant) for column in remarks.columns}
    assert told == {"name": (True, ""), "size": (True, ""), "vendor": (True, "brand"), "": (False, "")}


def test_columns_of_shopify_that_are_dropped_are_told(shop, tmp_path):
    path = tmp_path / "products.csv"
    path.write_text(SHOPIFY)
    remarks = import_items(shop=shop, path=path).remarks
    assert [(column.name, column.is_kept) for column in remarks.columns] == [("SEO Title", False), ("Gift Card", False)]


def test_items_without_a_title_are_counted_with_some_of_them(shop, nine):
    Item.objects.create(shop=shop, item_id="urn", title="Urn")
    remarks = import_items(shop=shop, path=nine).remarks
    assert (remarks.untitled, remarks.untitled_sample) == (1, ["tin"])


def test_attributes_in_a_table_are_read_as_our_own_export_writes_them(shop, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text('item_id,title,attributes\nmug,Mug,"{""colour"": ""red""}"\njug,Jug,red\n')
    report = import_items(shop=shop, path=path)
    assert Item.objects.get(item_id="mug").attributes == {"colour": "red"}
    assert [(row["item_id"], row["field"], row["value"]) for row in report.rejected] == [("jug", "attributes", "red")]


def test_what_is_told_is_bounded_whatever_a_file_holds(shop, tmp_path):
    path = tmp_path / "items.jsonl"
    rows = [{"item_id": f"i{n}", **{f"field {n} {m}": m for m in range(20)}} for n in range(60)]
    path.write_text("\n".join(map(json.dumps, rows)))
    remarks = import_items(shop=shop, path=path).remarks
    assert (len(remarks.columns), remarks.more_columns) == (100, 1100)
    assert (remarks.untitled, len(remarks.untitled_sample)) == (60, 10)


def test_the_command_tells_all_of_it(shop, nine, tmp_path, capsys):
    refused = tmp_path / "bad.csv"
    with pytest.raises(SystemExit):
        call_command("import_items", str(nine), shop=shop.slug, refused=str(refused))
    said = capsys.readouterr()
    assert "9 rows: 6 new, 1 duplicate, 2 refused." in said.out
    assert "“category” is no column that is read; did you mean categories?" in said.out
    assert "2 items have no title: tin, urn." in said.out
    assert "line 6, item pot, price “cheap”: " in said.err
    rows = list(csv.DictReader(io.StringIO(refused.read_text())))
    assert {name: rows[0][name] for name in ("line", "item_id", "field", "value")} == {
        "line": "6", "item_id": "pot", "field": "price", "value": "cheap",
    }  # fmt: skip


def test_json_for_machines_holds_the_same(shop, nine, capsys):
    with pytest.raises(SystemExit):
        call_command("import_items", str(nine), shop=shop.slug, json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["remarks"]["columns"][0]["meant"] == "categories"
    assert told["remarks"]["untitled"] == 2
    assert told["rejected"][0]["value"] == "cheap"


def test_the_page_of_an_import_and_its_download_tell_all_of_it(page, work):
    found = page.upload(NINE.encode())
    work()
    found.refresh_from_db()
    shown = page.get("import", found.pk).content.decode()
    assert (found.rows, found.duplicates, found.refused) == (9, 1, 2)
    assert "9 rows: 6 new, 1 duplicate, 2 refused." in shown
    assert "did you mean categories?" in shown
    assert "2 items have no title: tin, urn." in shown
    assert "cheap" in shown
    problem = FeedProblem.objects.get(item_id="pot")
    assert (problem.line, problem.field, problem.value) == (6, "price", "cheap")
    lines = b"".join(page.get("import-problems", found.pk).streaming_content).decode().splitlines()
    assert lines[0] == "line,item_id,field,value,code,message"
    assert lines[1].startswith("6,pot,price,cheap,wrong_type,")


def test_the_list_of_feeds_says_that_a_column_is_not_read(page, work):
    page.upload(NINE.encode())
    work()
    assert "a column is not read" in page.get("feeds").content.decode()


def test_a_scheduled_feed_says_what_became_of_its_rows(page, work, host):
    host.content = NINE.encode()
    page.post("add-source", url=host.url, every_hours=24)
    work()
    shown = page.get("feeds").content.decode()
    assert "9 rows: 6 new, 1 duplicate, 2 refused." in shown
    assert "did you mean categories?" in shown


def test_parquet_is_told_of_alike(shop, tmp_path):
    path = tmp_path / "items.parquet"
    pd.DataFrame({"item_id": ["mug"], "title": ["Mug"], "prices": [4.5]}).to_parquet(path)
    (column,) = import_items(shop=shop, path=path, apart=True).remarks.columns
    assert (column.name, column.meant, column.example) == ("prices", "price", "4.5")
