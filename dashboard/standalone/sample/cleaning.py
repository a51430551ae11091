"""Turn the raw “Online Retail” table into a catalog and interactions, as an analyst would.

Source: D. Chen (2015), Online Retail, UCI Machine Learning Repository, DOI 10.24432/C5BW33, CC BY 4.0.
`python -m dashboard.standalone.sample.cleaning SOURCE.parquet` rebuilds the two files that ship beside this module.

What is done, in order (counts of the source in docs/sample-shop.md):

1. Rows that are no merchandise go: postage, carriage, manual corrections, discounts, samples, fees, vouchers, bad debt.
2. Rows without a price are stock corrections, not sales; they go.
3. Typing errors of 1,000 pieces and more that the same customer cancelled within a day go, with their cancellation.
4. Cancelled invoices (C…) become `refund`, all others `purchase`; lines of one invoice, code and price are added up.
5. An invoice without a customer is the session of one anonymous visitor.
6. Codes are upper case; titles are the usual description, tidied; the price is the usual unit price;
   the five digits that several codes share make the `group_id` of one product's variants.
7. An item counts as in stock when it was sold in the last 90 days.
"""

import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.standalone.sample.titles import category_of, tidy_title

HERE = Path(__file__).parent
ITEMS_FILE = HERE / "items.parquet"
INTERACTIONS_FILE = HERE / "interactions.parquet"
IN_STOCK_DAYS = 90
TYPING_ERROR_PIECES = 1000
MERCHANDISE = r"^(?:\d{5}[A-Z]{0,2}|DCGS(?:SGIRL|SBOY|\d{4}P?))$"


def merchandise(raw: pd.DataFrame) -> pd.DataFrame:
    """Goods sold or returned at a price: one line per invoice, code and price, quantities positive."""
    lines = pd.DataFrame(
        {
            "invoice": raw.InvoiceNo.astype(str),
            "item_id": raw.StockCode.astype(str).str.strip().str.upper(),
            "description": raw.Description.fillna("").str.strip(),
            "quantity": raw.Quantity.abs(),
            "type": raw.InvoiceNo.astype(str).str.startswith("C").map({True: "refund", False: "purchase"}),
            "price_pence": (raw.UnitPrice * 100).round().astype("int64"),
            "time": raw.InvoiceDate,
            "visitor_id": raw.CustomerID.map(lambda number: "" if pd.isna(number) else f"c{int(number)}"),
        }
    )
    signed_wrongly = (raw.Quantity < 0) != (lines.type == "refund")
    lines = lines[lines.item_id.str.match(MERCHANDISE) & (lines.price_pence > 0) & ~signed_wrongly]
    anonymous = lines.visitor_id == ""
    lines.loc[anonymous, "visitor_id"] = "anon-" + lines.invoice[anonymous]
    keys = ["invoice", "item_id", "price_pence"]
    return lines.groupby(keys, as_index=False, sort=False).agg(
        {"description": "first", "quantity": "sum", "type": "first", "time": "first", "visitor_id": "first"}
    )


def without_typing_errors(lines: pd.DataFrame) -> pd.DataFrame:
    """Leave out big lines that the same visitor cancelled in full within a day, and the cancellation."""
    big = lines[lines.quantity >= TYPING_ERROR_PIECES].reset_index()
    pairs = big[big.type == "purchase"].merge(
        big[big.type == "refund"], on=["visitor_id", "item_id", "quantity"], suffixes=("", "_refund")
    )
    delay = pairs.time_refund - pairs.time
    pairs = pairs[(delay >= pd.Timedelta(0)) & (delay <= pd.Timedelta(days=1))]
    return lines.drop(index=[*pairs["index"], *pairs["index_refund"]])


def items_table(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per code that was ever sold, in the order of the codes."""
    sold = lines[lines.type == "purchase"]
    named = sold[(sold.description != "") & ~sold.description.str.match(r"^(?:Unknown|.*\?|[a-z].*)$")]
    titles = named.groupby("item_id").description.agg(lambda texts: tidy_title(texts.mode().iat[0]))
    by_code = sold.groupby("item_id")
    table = pd.DataFrame(
        {
            "price_pence": by_code.price_pence.agg(lambda prices: int(prices.mode().iat[0])),
            "published": by_code.time.min(),
            "last_sold": by_code.time.max(),
        }
    )
    table = table.join(titles.rename("title"), how="inner").sort_index()
    table["category"] = table.title.map(category_of)
    digits = table.index.str.extract(r"^(\d{5})")[0].fillna("").to_numpy()
    shared = pd.Series(digits).duplicated(keep=False).to_numpy() & (digits != "")
    table["group_id"] = [code if is_shared else "" for code, is_shared in zip(digits, shared, strict=True)]
    table["in_stock"] = table.last_sold >= table.last_sold.max() - pd.Timedelta(days=IN_STOCK_DAYS)
    return table.reset_index()[["item_id", "title", "category", "price_pence", "group_id", "published", "in_stock"]]


def clean(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The catalog and the interactions, times as in the source (London)."""
    lines = without_typing_errors(merchandise(raw))
    items = items_table(lines)
    lines = lines[lines.item_id.isin(items.item_id)].sort_values(["time", "invoice", "item_id"], kind="stable")
    columns = ["invoice", "item_id", "type", "visitor_id", "quantity", "price_pence", "time"]
    return items, lines[columns].reset_index(drop=True)


def write(table: pd.DataFrame, path: Path) -> None:
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(arrow, path, compression="zstd", compression_level=19, use_dictionary=True)


def main() -> None:
    items, interactions = clean(pq.read_table(sys.argv[1]).to_pandas())
    write(items, ITEMS_FILE)
    write(interactions, INTERACTIONS_FILE)


if __name__ == "__main__":
    main()
