"""The sample shop is cleaned as docs/sample-shop.md says."""

import pandas as pd
import pytest

from dashboard.standalone.sample import cleaning
from dashboard.standalone.sample.titles import category_of, tidy_title

COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]


def table(*rows):
    frame = pd.DataFrame([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    frame["InvoiceDate"] = pd.to_datetime(frame.InvoiceDate, format="ISO8601")
    return frame


SALE = ("536365", "85123a", "WHITE HANGING HEART T-LIGHT HOLDER", 6, "2011-12-01 08:26", 2.55, 17850.0)


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("SET/6 RED SPOTTY PAPER CUPS", "Set of 6 Red Spotty Paper Cups"),
        ("CHILDREN'S APRON DOLLY GIRL ", "Children's Apron Dolly Girl"),
        ("POLYESTER FILLER PAD 40x40cm", "Polyester Filler Pad 40x40cm"),
        ("ROSES REGENCY TEACUP AND SAUCER ", "Roses Regency Teacup and Saucer"),
        ("FOLK ART GREETING CARD,pack/12", "Folk Art Greeting Card, Pack of 12"),
    ],
)
def test_titles_read_like_titles(raw, tidy):
    assert tidy_title(raw) == tidy


def test_a_theme_wins_over_a_material():
    assert category_of("Vintage Christmas Cake Frill") == "Christmas"
    assert category_of("Plasticine Zyx") == ""


def test_a_cancelled_invoice_becomes_a_refund_with_a_positive_quantity():
    items, lines = cleaning.clean(table(SALE, ("C536366", *SALE[1:3], -2, "2011-12-02 10:00", 2.55, 17850.0)))
    assert items.item_id.tolist() == ["85123A"]
    assert lines[["type", "quantity"]].values.tolist() == [["purchase", 6], ["refund", 2]]


@pytest.mark.parametrize("code", ["POST", "M", "BANK CHARGES", "gift_0001_20", "B"])
def test_what_is_no_merchandise_goes(code):
    items, lines = cleaning.clean(table(SALE, ("536367", code, "POSTAGE", 1, "2011-12-01 09:00", 18.0, 12345.0)))
    assert len(items) == len(lines) == 1


def test_a_stock_correction_without_a_price_goes():
    _, lines = cleaning.clean(table(SALE, ("536368", "71053", "damages", -5, "2011-12-01 09:00", 0.0, float("nan"))))
    assert lines.item_id.tolist() == ["85123A"]


def test_an_invoice_without_a_customer_is_an_anonymous_visitors_session():
    _, lines = cleaning.clean(table((*SALE[:6], float("nan"))))
    assert lines.visitor_id.tolist() == ["anon-536365"]


def test_a_typing_error_cancelled_within_a_day_goes_with_its_cancellation():
    big = ("541431", "23166", "MEDIUM CERAMIC TOP STORAGE JAR", 74215, "2011-12-01 10:01", 1.04, 12346.0)
    cancelled = ("C541433", *big[1:3], -74215, "2011-12-01 10:17", 1.04, 12346.0)
    _, lines = cleaning.clean(table(SALE, big, cancelled))
    assert lines.invoice.tolist() == ["536365"]


def test_codes_with_the_same_digits_are_variants_of_one_product():
    items, _ = cleaning.clean(
        table(
            SALE,
            ("1", "85123B", "RED HEART", 1, "2011-12-01", 1.0, 1.0),
            ("2", "71053", "LANTERN", 1, "2011-12-01", 1.0, 1.0),
        )
    )
    assert dict(zip(items.item_id, items.group_id, strict=True)) == {"85123A": "85123", "85123B": "85123", "71053": ""}


def test_an_item_that_was_not_sold_for_ninety_days_is_out_of_stock():
    items, _ = cleaning.clean(table(SALE, ("1", "71053", "LANTERN", 1, "2011-08-01", 1.0, 1.0)))
    assert dict(zip(items.item_id, items.in_stock, strict=True)) == {"85123A": True, "71053": False}


def test_the_shipped_files_are_the_cleaned_source():
    items, lines = pd.read_parquet(cleaning.ITEMS_FILE), pd.read_parquet(cleaning.INTERACTIONS_FILE)
    assert (len(items), len(lines), lines.visitor_id.nunique()) == (3797, 526350, 5771)
    assert set(lines.item_id) <= set(items.item_id)
