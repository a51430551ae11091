"""Interactions that arrive in pieces end as the histories that training makes of the whole."""

import numpy as np
from hypothesis import given, settings

from recommender.online import OnlineBehaviour
from tests.recommender.made import dataset_of, interactions_of, lists_of
from tests.recommender.online.arrivals import arrivals, by_ids, take_in


@settings(max_examples=40)
@given(arrivals())
def test_histories_are_those_of_a_whole_file(pieces):
    whole = dataset_of([row for piece in pieces for row in piece])
    assert by_ids(take_in(pieces).dataset()) == by_ids(whole)


@settings(max_examples=40)
@given(arrivals())
def test_a_change_tells_what_touched_visitors_did_before_and_after(pieces):
    behaviour, known = OnlineBehaviour(), {}
    for piece in pieces:
        change = behaviour.append(interactions_of(piece))
        assert len(change.before) == len(change.after) == len({row[0] for row in piece})
        assert dict(zip(change.visitors_B.tolist(), lists_of(change.before), strict=True)) == {
            row: known.get(row, []) for row in change.visitors_B.tolist()
        }
        known |= dict(zip(change.visitors_B.tolist(), lists_of(change.after), strict=True))
        seconds = [event[1] for events in known.values() for event in events]
        assert change.newest_seconds == max(seconds, default=-np.inf)


def test_a_refund_that_arrives_later_takes_its_purchase_back():
    behaviour = OnlineBehaviour()
    behaviour.append(interactions_of([("ann", "mug", "purchase", 1.0), ("ann", "lamp", "view_item", 2.0)]))
    change = behaviour.append(interactions_of([("ann", "mug", "refund", 3.0)]))
    lamp = behaviour.code_of["lamp"]
    assert [item for item, _, _ in lists_of(change.after)[0]] == [lamp]


def test_what_arrives_late_stands_where_it_belongs():
    behaviour = OnlineBehaviour()
    behaviour.append(interactions_of([("ann", "mug", "view_item", 1.0), ("ann", "lamp", "view_item", 9.0)]))
    change = behaviour.append(interactions_of([("ann", "vase", "view_item", 5.0)]))
    assert [second for _, second, _ in lists_of(change.after)[0]] == [1.0, 5.0, 9.0]


def test_rows_and_codes_never_change():
    behaviour = OnlineBehaviour()
    behaviour.append(interactions_of([("ann", "mug", "view_item", 1.0)]))
    behaviour.append(interactions_of([("bob", "lamp", "view_item", 2.0), ("ann", "lamp", "view_item", 3.0)]))
    assert behaviour.row_of == {"ann": 0, "bob": 1} and behaviour.code_of == {"mug": 0, "lamp": 1}


def test_weights_are_those_of_the_shop():
    behaviour = OnlineBehaviour({"purchase": 7.0})
    change = behaviour.append(interactions_of([("ann", "mug", "purchase", 1.0), ("ann", "lamp", "view_item", 2.0)]))
    assert lists_of(change.after) == [[(0, 1.0, 7.0)]]
