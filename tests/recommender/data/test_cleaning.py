"""What of the interactions counts: refunds cancel, repeats become one, ties keep the order of the file."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.data.dataset import LONGEST
from recommender.data.events import CANCELS, EVENT_TYPES, EVENT_WEIGHTS
from tests.recommender.made import dataset_of, lists_of

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cleo"]),
        st.sampled_from(["mug", "lamp", "rug", "vase", "bowl"]),
        st.sampled_from(EVENT_TYPES),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=25,
)


def histories_of(rows, catalog=None):
    """{visitor: [(item, second, weight)]}"""
    dataset = dataset_of(rows, catalog)
    return {
        visitor: [(dataset.item_ids[item], second, weight) for item, second, weight in history]
        for visitor, history in zip(dataset.visitor_ids, lists_of(dataset.histories), strict=True)
    }


def items_of(rows):
    return {visitor: [item for item, _, _ in history] for visitor, history in histories_of(rows).items()}


def cleaned(rows):
    """The same in plain Python, one visitor at a time."""
    result = {}
    for visitor in {row[0] for row in rows}:
        mine = sorted((row[1:] for row in rows if row[0] == visitor), key=lambda row: row[2])
        standing = []
        for item, kind, second in mine:
            if kind not in CANCELS:
                standing.append((item, kind, second))
            else:
                bought = [row for row in standing if row[:2] == (item, CANCELS[kind])]
                if bought:
                    position = max(place for place, row in enumerate(standing) if row == bought[-1])
                    del standing[position]
        history = _merged(_once_a_second([(item, second, EVENT_WEIGHTS[kind]) for item, kind, second in standing]))
        if history:
            result[visitor] = history
    return result


def _once_a_second(history):
    weights = {}
    for item, second, weight in history:
        weights[item, second] = max(weight, weights.get((item, second), 0))
    first = list(dict.fromkeys((item, second) for item, second, _ in history))
    return [(item, second, weights[item, second]) for item, second in first]


def _merged(history):
    result = []
    for item, second, weight in history:
        if result and result[-1][0] == item:
            result[-1] = (item, result[-1][1], max(weight, result[-1][2]))
        else:
            result.append((item, second, weight))
    return result


@settings(max_examples=150)
@given(ROWS)
def test_cleaning_equals_plain_python(rows):
    assert histories_of(rows) == cleaned(rows)


def test_a_refund_takes_back_the_last_purchase_before_it():
    rows = [("ann", "mug", "purchase", 1), ("ann", "lamp", "purchase", 2), ("ann", "mug", "purchase", 3)]
    assert items_of([*rows, ("ann", "mug", "refund", 4)]) == {"ann": ["mug", "lamp"]}


def test_a_refund_leaves_views_and_other_visitors_alone():
    rows = [("ann", "mug", "view_item", 1), ("bob", "mug", "purchase", 2), ("ann", "mug", "refund", 3)]
    assert items_of(rows) == {"ann": ["mug"], "bob": ["mug"]}


def test_a_refund_before_the_purchase_cancels_nothing():
    assert items_of([("ann", "mug", "refund", 1), ("ann", "mug", "purchase", 2)]) == {"ann": ["mug"]}


def test_a_visitor_whose_purchases_were_all_refunded_is_gone():
    rows = [("ann", "mug", "purchase", 1), ("ann", "mug", "refund", 2), ("bob", "lamp", "view_item", 3)]
    assert items_of(rows) == {"bob": ["lamp"]}


def test_immediate_repeats_become_the_first_with_the_strongest_weight():
    rows = [("ann", "mug", "view_item", 1), ("ann", "mug", "purchase", 2), ("ann", "lamp", "view_item", 3)]
    assert histories_of([*rows, ("ann", "mug", "view_item", 4)]) == {
        "ann": [("mug", 1, 3.0), ("lamp", 3, 1.0), ("mug", 4, 1.0)]
    }


def test_the_same_rows_twice_are_the_rows_once():
    rows = [("ann", "mug", "view_item", 1), ("bob", "lamp", "purchase", 1), ("ann", "rug", "purchase", 2)]
    assert histories_of(rows * 2) == histories_of(rows)


def test_equal_times_keep_the_order_of_the_file():
    order = ["vase", "mug", "rug", "bowl", "lamp"]
    assert items_of([("ann", item, "view_item", 7) for item in order]) == {"ann": order}


def test_a_single_interaction_is_a_dataset():
    assert histories_of([("ann", "mug", "view_item", 1)]) == {"ann": [("mug", 1, 1.0)]}


def test_of_a_very_long_history_the_newest_part_counts(monkeypatch):
    monkeypatch.setattr("recommender.data.dataset.LONGEST", 3)
    rows = [("reader", item, "view_item", second) for second, item in enumerate(["mug", "rug", "vase", "bowl", "pan"])]
    assert items_of([*rows, ("ann", "rug", "view_item", 9)]) == {"reader": ["vase", "bowl", "pan"], "ann": ["rug"]}


def test_a_history_of_any_length_adds_no_more_items_than_count_of_it():
    """So that what a training costs does not grow with one program that looked at everything."""
    people = [(f"visitor-{v}", f"item-{v + step}", "view_item", step) for v in range(7) for step in range(3)]
    items = {length: dataset_of([*people, *read(length)]).items for length in (LONGEST, 3 * LONGEST)}
    assert items[3 * LONGEST] == items[LONGEST] == LONGEST + 9


def test_items_that_only_the_left_out_part_names_stay_where_the_catalog_has_them(monkeypatch):
    monkeypatch.setattr("recommender.data.dataset.LONGEST", 2)
    rows, catalog = read(5), pa.table({"item_id": ["page-1", "mug"]})
    assert set(dataset_of(rows, catalog).item_ids) == {"page-3", "page-4", "page-1", "mug"}


def read(length):
    return [("reader", f"page-{second}", "view_item", second) for second in range(length)]


def test_codes_do_not_depend_on_the_order_of_the_file():
    rows = [("ann", item, "view_item", second) for second, item in enumerate(["mug", "lamp", "rug", "vase"])]
    assert dataset_of(rows).item_ids.tolist() == dataset_of(rows[::-1]).item_ids.tolist()


def test_the_catalog_stands_in_code_order_and_items_it_lacks_are_empty():
    rows = [("ann", "mug", "view_item", 1), ("ann", "rug", "view_item", 2)]
    catalog = pa.table({"item_id": ["lamp", "mug", "bowl"], "title": ["Lamp", "Mug", "Bowl"]})
    dataset = dataset_of(rows, catalog)
    titles = dict(zip(dataset.item_ids, dataset.column("title"), strict=True))
    assert titles == {"mug": "Mug", "lamp": "Lamp", "bowl": "Bowl", "rug": ""}
    assert dataset.catalog["item_id"].to_pylist() == dataset.item_ids.tolist()


def test_a_column_that_the_catalog_lacks_is_empty():
    assert dataset_of([("ann", "mug", "view_item", 1)]).column("title") == [""]
