import numpy as np
import pytest

from recommender.data.items import read_items
from recommender.errors import InputError


def items_of(tmp_path, text):
    path = tmp_path / "items.csv"
    path.write_text(text, encoding="utf-8")
    return read_items(path)


def test_the_last_of_repeated_rows_counts(tmp_path):
    table = items_of(tmp_path, "item_id,title\nmug,Old\nlamp,Lamp\nmug,New\n")
    assert dict(zip(table["item_id"].to_pylist(), table["title"].to_pylist(), strict=True)) == {
        "mug": "New",
        "lamp": "Lamp",
    }


def test_an_empty_price_is_unknown_and_others_are_numbers(tmp_path):
    prices = items_of(tmp_path, "item_id,price\nmug,4.50\nlamp,\n")["price"].to_pylist()
    assert prices[0] == 4.5 and np.isnan(prices[1])


def test_other_columns_are_kept(tmp_path):
    assert items_of(tmp_path, "item_id,color\nmug,red\n")["color"].to_pylist() == ["red"]


def test_categories_of_a_list_are_joined(tmp_path):
    path = tmp_path / "items.jsonl"
    path.write_text('{"item_id": "mug", "categories": ["Kitchen", "Mugs & Cups"]}')
    assert read_items(path)["categories"].to_pylist() == ["Kitchen|Mugs & Cups"]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("sku,title\nmug,Mug\n", None, "item_id"),
        ("item_id,title\nmug,Mug\n  ,Lamp\n", 3, "item_id"),
        ("item_id,price\nmug,4.50\nlamp,cheap\n", 3, "price"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, line, column):
    with pytest.raises(InputError) as caught:
        items_of(tmp_path, text)
    assert (caught.value.line, caught.value.column) == (line, column)
