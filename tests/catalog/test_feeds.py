"""Feeds in the forms that shops have; bad rows are reported with their line, good ones are kept."""

import gzip
import json
from decimal import Decimal

import pandas as pd
import pytest

from dashboard.catalog.feeds import format_by_content
from dashboard.catalog.models import Item
from dashboard.catalog.services import import_items
from dashboard.core import errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def lines(report):
    return [(rejection["line"], rejection["code"]) for rejection in report.rejected]


def test_csv_with_our_columns_and_more(shop, feed):
    path = feed(
        "items.csv",
        "item_id,title,categories,price,in_stock,colour\n"
        'a,"Mug, large",Kitchen|Mugs,4.50,yes,red\n'
        "b,Jug,Kitchen > Jugs,,no,\n",
    )
    report = import_items(shop=shop, path=path)
    assert (report.rows, report.accepted, report.rejected) == (2, 2, [])
    a, b = Item.objects.order_by("item_id")
    assert (a.title, a.categories, a.price, a.attributes) == (
        "Mug, large",
        ["Kitchen", "Mugs"],
        Decimal("4.50"),
        {"colour": "red"},
    )
    assert (b.categories, b.price, b.in_stock, b.attributes) == (["Kitchen", "Jugs"], None, False, {})


def test_bad_rows_are_named_by_their_line_and_the_rest_is_kept(shop, feed):
    path = feed(
        "items.csv",
        b"item_id,title,price,in_stock\n"
        b'a,"two\nlines",1,yes\n'  # lines 2 and 3: a title of several lines is not one line
        b"b,B,cheap,yes\n"
        b",no id,1,yes\n"
        b"c,C,1,perhaps\n"
        b"d,D,1,yes,extra\n"
        b"e,\xff\xfe,1,yes\n"
        b"f,F,-3,yes\n"
        b"\n"
        b"good,Good,2,yes\n",
    )
    report = import_items(shop=shop, path=path)
    assert lines(report) == [
        (2, "invalid_text"),
        (4, "wrong_type"),
        (5, "missing_field"),
        (6, "wrong_type"),
        (7, "too_many_cells"),
        (8, "invalid_text"),
        (9, "invalid_amount"),
    ]
    assert list(Item.objects.values_list("item_id", flat=True)) == ["good"]


def test_jsonl_gz_and_parquet(shop, feed, tmp_path):
    rows = [{"item_id": "a", "title": "A", "price": 2, "attributes": {"x": 1}}, {"item_id": "b", "categories": ["K"]}]
    text = "\n".join([json.dumps(rows[0]), "{broken", "[]", json.dumps(rows[1])])
    report = import_items(shop=shop, path=feed("items.jsonl.gz", gzip.compress(text.encode())))
    assert (report.accepted, lines(report)) == (2, [(2, "not_json"), (3, "not_json")])
    table = tmp_path / "more.parquet"
    pd.DataFrame({"item_id": ["c", "d"], "price": [1.25, float("nan")], "colour": [None, "red"]}).to_parquet(table)
    assert import_items(shop=shop, path=table).accepted == 2
    c, d = Item.objects.filter(item_id__in="cd").order_by("item_id")
    assert (c.price, c.attributes, d.price, d.attributes) == (Decimal("1.25"), {}, None, {"colour": "red"})


def test_google_merchant_tsv(shop, feed):
    path = feed(
        "google.tsv",
        "id\ttitle\tlink\timage_link\tprice\tsale_price\tavailability\tproduct_type\titem_group_id\tcolor\n"
        "a\tMug\thttps://s.example/a\thttps://s.example/a.jpg\t5.00 GBP\t4.00 GBP\tin stock\tHome > Mugs\tg1\tred\n"
        "b\tJug\t\t\tsix GBP\t\tout of stock\t\t\t\n",
    )
    report = import_items(shop=shop, path=path)
    assert lines(report) == [(3, "wrong_type")]
    item = Item.objects.get()
    assert (item.price, item.currency, item.in_stock, item.group_id) == (Decimal("4.00"), "GBP", True, "g1")
    assert (item.categories, item.attributes) == (["Home", "Mugs"], {"color": "red"})


def test_google_merchant_xml(shop, feed):
    path = feed(
        "feed.xml",
        '<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>\n'
        "<item><g:id>a</g:id><title>Mug &amp; saucer</title><g:price>5 GBP</g:price></item>\n"
        "<item><title>No id</title></item>\n"
        "</channel></rss>",
    )
    report = import_items(shop=shop, path=path)
    assert lines(report) == [(4, "missing_field")]
    assert Item.objects.get().title == "Mug & saucer"


def test_xml_that_declares_entities_is_refused(shop, feed):
    path = feed("feed.xml", '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>')
    with pytest.raises(errors.Invalid, match="entities"):
        import_items(shop=shop, path=path)


def test_broken_xml_keeps_what_came_before(shop, feed):
    path = feed("feed.xml", "<rss><item><id>a</id><title>A</title></item>\n<item><id>b")
    report = import_items(shop=shop, path=path)
    assert (report.accepted, report.rejected_count) == (1, 1)
    assert report.rejected[0]["code"] == "not_xml"


def test_shopify_variants_share_what_their_product_says(shop, feed):
    path = feed(
        "products.csv",
        "Handle,Title,Body (HTML),Vendor,Type,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,"
        "Variant Inventory Qty,Image Src,Status\n"
        "shirt,Shirt,<p>Soft &amp; warm</p>,Holly,Shirts,S,SH-S,10.00,shopify,0,https://s.example/1.jpg,active\n"
        "shirt,,,,,M,SH-M,11.00,shopify,3,,\n"
        "shirt,,,,,,,,,,https://s.example/2.jpg,\n"
        "mug,Mug,,Holly,Mugs,Default Title,,4.00,,,,draft\n",
    )
    report = import_items(shop=shop, path=path)
    assert (report.accepted, report.rejected) == (3, [])
    small, medium = Item.objects.filter(group_id="shirt").order_by("-item_id")
    assert (small.title, small.in_stock, small.description) == ("Shirt · S", False, "Soft & warm")
    assert (medium.item_id, medium.title, medium.brand, medium.in_stock) == ("SH-M", "Shirt · M", "Holly", True)
    assert not Item.objects.get(item_id="mug").in_stock


def test_a_dry_run_checks_all_and_stores_nothing(shop, feed):
    report = import_items(shop=shop, path=feed("items.csv", "item_id,price\na,1\nb,x\n"), dry_run=True)
    assert (report.accepted, report.rejected_count, report.stored) == (1, 1, False)
    assert not Item.objects.exists()


def test_all_or_nothing_means_it(shop, feed):
    path = feed("items.csv", "item_id,price\na,1\nb,x\n")
    assert not import_items(shop=shop, path=path, all_or_nothing=True).stored
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("items.csv", ""),
        ("items.csv", "name,price\nx,1\n"),
        ("items.csv", "item_id,item_id\na,b\n"),
        ("items.doc", "item_id\na\n"),
        ("items.parquet", "not parquet"),
        ("items.csv.gz", "not gzip"),
    ],
)
def test_a_file_that_is_no_feed_is_refused_with_its_name(shop, feed, name, text):
    with pytest.raises(errors.Invalid, match=name):
        import_items(shop=shop, path=feed(name, text))


def test_a_missing_file_is_refused_in_words(shop, tmp_path):
    with pytest.raises(errors.Invalid, match="No such file"):
        import_items(shop=shop, path=tmp_path / "nowhere.csv")


def test_an_xml_entry_that_is_too_large_costs_only_itself(shop, feed):
    large = "<item><id>b</id><title>" + "x" * 250_000 + "</title></item>"
    many = "<item><id>c</id>" + "<a>1</a>" * 600 + "</item>"
    path = feed("feed.xml", f"<rss><item><id>a</id></item>\n{large}\n{many}\n<item><id>d</id></item></rss>")
    report = import_items(shop=shop, path=path)
    assert (report.accepted, lines(report)) == (2, [(2, "too_large"), (3, "too_large")])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<rss>" + "<a>" * 60, "deep"),
        ("<rss><a b='" + "x" * 2_000_000, "a tag or a comment"),
        ('<?xml version="1.0" encoding="gb18030"?><rss></rss>', "encoding"),
    ],
)
def test_xml_that_would_fill_the_memory_is_refused(shop, feed, text, said):
    with pytest.raises(errors.Invalid, match=said):
        import_items(shop=shop, path=feed("feed.xml", text))


def test_google_fields_that_repeat_are_lists_and_a_backorder_can_be_bought(shop, feed):
    links = "".join(
        f"<g:additional_image_link>https://s.example/{number}.jpg</g:additional_image_link>" for number in "12"
    )
    entry = f"<item><g:id>a</g:id><g:availability>backorder</g:availability>{links}</item>"
    import_items(shop=shop, path=feed("feed.xml", f'<rss xmlns:g="http://base.google.com/ns/1.0">{entry}</rss>'))
    item = Item.objects.get()
    assert item.in_stock
    assert item.attributes == {"additional_image_link": ["https://s.example/1.jpg", "https://s.example/2.jpg"]}


def test_shopifys_newer_columns_pictures_and_prices(shop, feed):
    path = feed(
        "products.csv",
        "Title,URL handle,Description,Vendor,Product category,SKU,Option1 value,Price,Compare-at price,"
        "Inventory tracker,Inventory quantity,Continue selling when out of stock,Product image URL,Status\n"
        "Shirt,shirt,<p>Soft</p>,Holly,Apparel > Shirts,SH-S,S,10.00,15.00,shopify,0,CONTINUE,https://s.example/1.jpg,Active\n"
        ",shirt,,,,SH-M,M,ten,,shopify,0,DENY,,\n"
        ",shirt,,,,,,,,,,,https://s.example/2.jpg,\n"
        ",shirt,,,,SH-L,L,12.00,,shopify,0,DENY,,\n",
    )
    report = import_items(shop=shop, path=path)
    assert (report.accepted, lines(report)) == (2, [(3, "wrong_type")])
    large, small = Item.objects.order_by("item_id")
    assert (small.group_id, small.categories, small.price, small.in_stock) == (
        "shirt",
        ["Apparel", "Shirts"],
        Decimal("10.00"),
        True,
    )
    assert (small.image_url, large.in_stock) == ("https://s.example/1.jpg", False)
    assert small.attributes == {"compare_at_price": 15.0, "additional_images": ["https://s.example/2.jpg"]}


def test_a_row_that_cannot_be_read_does_not_cut_a_shopify_product_in_two(shop, feed):
    path = feed("products.csv", "Handle,Title,Option1 Value,Variant Price\nmug,Mug,S,1\nmug,,M,2,x\nmug,,L,3\n")
    report = import_items(shop=shop, path=path)
    assert lines(report) == [(3, "too_many_cells")]
    assert sorted(Item.objects.values_list("title", flat=True)) == ["Mug · L", "Mug · S"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (b"PAR1...", "parquet"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><rss/>", "google-xml"),
        (b'{"item_id": "a"}\n', "jsonl"),
        (b"item_id\ttitle\na\tA, b\n", "tsv"),
        (b"item_id,title\na,A\tb\n", "csv"),
        (b"id\ttitle\tprice\n", "google-tsv"),
        (b"Handle,Title\n", "shopify-csv"),
    ],
)
def test_a_feed_without_a_telling_name_is_known_by_how_it_begins(feed, text, form):
    assert format_by_content(feed("feed", text)) == form


@pytest.mark.parametrize("form", ["csv", ""])
def test_a_wrong_header_is_refused_once_with_the_columns_that_there_are(shop, feed, form):
    path = feed("items.csv", "Item-ID,name\n" + "a,Mug\n" * 5_000)
    with pytest.raises(
        errors.Invalid, match=r"item_id.*Item-ID.*price|item_id is missing.*price.*“Item-ID” may be item_id"
    ):
        import_items(shop=shop, path=path, form=form)


def test_a_wrong_column_of_parquet_is_refused_once(shop, tmp_path):
    path = tmp_path / "items.parquet"
    pd.DataFrame({"itemid": ["a"] * 3, "title": ["Mug"] * 3}).to_parquet(path)
    with pytest.raises(errors.Invalid, match="“itemid” may be item_id"):
        import_items(shop=shop, path=path)
