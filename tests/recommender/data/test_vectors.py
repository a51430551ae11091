"""Histories as bags of items and of words, against plain Python."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from recommender.data.vectors import bag_of_items, bag_of_words, recency
from tests.recommender.made import dataset_of, walks

DAY = 86400
ROWS = [
    ("ann", "mug", "view_item", 0),
    ("ann", "rug", "purchase", 2 * DAY),
    ("ann", "mug", "view_item", 4 * DAY),
    ("ben", "rug", "view_item", 9 * DAY),
]


def table(dataset, matrix):
    """{(visitor, item): value}"""
    rows, columns = matrix.nonzero()
    return {
        (dataset.visitor_ids[row], dataset.item_ids[column]): pytest.approx(float(matrix[row, column]))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    }


def test_a_bag_of_items_adds_up_event_weights():
    dataset = dataset_of(ROWS)
    found = table(dataset, bag_of_items(dataset.histories, dataset.items))
    assert found == {("ann", "mug"): 2.0, ("ann", "rug"): 3.0, ("ben", "rug"): 1.0}


def test_a_half_life_fades_what_lies_before_the_visitors_own_newest_interaction():
    dataset = dataset_of(ROWS)
    found = table(dataset, bag_of_items(dataset.histories, dataset.items, half_life_days=2))
    assert found == {("ann", "mug"): 1 + 1 / 4, ("ann", "rug"): 3 / 2, ("ben", "rug"): 1.0}


def test_recency_is_one_for_the_newest_and_falls_with_age():
    histories = dataset_of(list(walks())).histories
    faded_N = recency(histories, half_life_days=0.001)
    newest = histories.starts_B1[1:] - 1
    assert (faded_N[newest] == 1).all() and ((faded_N > 0) & (faded_N <= 1)).all()
    inside = np.flatnonzero(np.diff(histories.rows_N) == 0)
    assert (faded_N[inside] <= faded_N[inside + 1]).all()


def test_recency_of_nothing_is_nothing():
    assert recency(dataset_of(ROWS).histories.take(np.arange(0)), 3).tolist() == []


def test_words_are_folded_counted_and_sorted_in_any_script():
    bag = bag_of_words(["Rosé soap, SOAP", "", "手工皂 soap"])
    assert bag.words == ("rosé", "soap", "工皂", "手工")
    assert bag.counts_IW.todense().tolist() == [[1, 2, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1]]


def test_words_of_too_few_items_are_left_out():
    assert bag_of_words(["red soap", "blue soap"], fewest_items=2).words == ("soap",)


def test_visitors_have_the_words_of_what_they_chose():
    dataset = dataset_of(ROWS)
    bag = bag_of_words([f"red {item}" for item in dataset.item_ids])
    words_VW = bag.of(bag_of_items(dataset.histories, dataset.items)).todense()
    ann = dict(zip(bag.words, np.asarray(words_VW)[0].tolist(), strict=True))
    assert ann == {"mug": 2, "red": 5, "rug": 3}


def test_the_example_of_the_documentation_finds_the_word_that_each_visitor_likes_best(tmp_path, monkeypatch):
    text = (Path(__file__).parents[3] / "docs" / "models" / "data.md").read_text(encoding="utf-8")
    (example,) = [code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "bag_of_words" in code]
    lines = ["visitor_id,item_id,timestamp", "ann,mug,0", "ann,cup,60", "ben,rug,0"]
    (tmp_path / "interactions.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "items.csv").write_text("item_id,title\nmug,Red mug\ncup,Red cup\nrug,Rug rug\n", encoding="utf-8")
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = runpy.run_path("example.py")
    assert found["favourites"] == {"ann": "red", "ben": "rug"}
