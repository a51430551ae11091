"""Why an item of a preview moved: what its slate would have been without one of the changes."""

from dataclasses import replace

import pytest

from dashboard.policies.selectors import placement_by_slug, published_policy
from dashboard.policies.services import draft_rule
from dashboard.serving.moves import Moves, Without, moves_of
from dashboard.serving.preview import Asked, preview_context, preview_of
from tests.serving.conftest import ask, ids, send, set_policy

BOTH = Moves([Without("Diversity", {"mug": 1, "spade": 3}), Without("Novelty", {"mug": 2, "fork": 4})], True)


def test_it_names_what_moved_an_item_and_where_it_would_stand():
    assert BOTH.why("mug", 2) == "Diversity lowers it from 1."
    assert BOTH.why("mug", 1) == "Novelty lifts it from 2."
    assert BOTH.why("spade", None) == "Diversity takes it out from 3."
    assert BOTH.why("fork", 4) == "Diversity brings it here."
    assert BOTH.why("mug", 3) == ("Diversity lowers it from 1. Novelty lowers it from 2.")


def test_what_none_does_alone_is_said_to_be_of_all():
    both = Moves([Without("Diversity", {"mug": 2}), Without("Novelty", {"mug": 2})], True)
    assert both.why("mug", 2) == "Only the changes together do this."
    assert Moves(both.changes[:1], True).why("mug", 2) == ""
    assert Moves(both.changes, False).why("mug", 2) == ""


@pytest.fixture
def kitchen(catalog):
    """A visitor of kitchen things at a placement that shows what is most relevant."""
    set_policy(catalog, exploration=0.0)
    for item in ("mug-red", "teapot", "bowl", "whisk", "mug-red"):
        send(catalog, "cook", item)
    return placement_by_slug(catalog, "home")


def test_each_change_is_taken_back_alone(kitchen):
    shop, now = kitchen.shop, published_policy(shop_id=kitchen.shop_id, slug="home").policy
    then = replace(now, knobs=replace(now.knobs, diversity=0.9, calibration=0.5, explore_floor=0.1))
    found = moves_of(preview_context(shop, "home", "cook"), now, then, 8, 1)
    assert [entry.cause for entry in found.changes] == ["Exploration", "Diversity", "Calibration"]
    set_policy(shop, exploration=0.0, calibration=0.5, explore_floor=0.1)
    without_diversity = ids(ask(shop, visitor_id="cook", n=8))
    assert [item for item, _ in sorted(found.changes[1].positions.items(), key=lambda pair: pair[1])] == (
        without_diversity
    )


def test_a_preview_says_why_next_to_each_item_that_moved(kitchen):
    found = preview_of(kitchen.shop, kitchen, Asked({"diversity": 1.0}, "cook"))
    moved = [row for row in found.after if row.direction != "same"]
    assert moved
    assert all("Diversity" in row.why for row in moved)
    assert all(not row.why for row in found.after if row.direction == "same")


def test_where_nothing_is_changed_every_knob_tells_what_it_does(kitchen):
    set_policy(kitchen.shop, exploration=0.0, diversity=1.0)
    found = preview_of(kitchen.shop, kitchen, Asked(visitor_id="cook"))
    assert {row.direction for row in found.after} == {"same"}
    assert any("Diversity" in row.why for row in found.after)


def test_a_rule_is_a_cause_too(kitchen):
    draft_rule(placement=kitchen, rule={"kind": "exclude", "match": {"item_id": "teapot"}}, by=None)
    found = preview_of(kitchen.shop, kitchen, Asked({"diversity": 0.2}, "cook"))
    (gone,) = [row for row in found.before if row.slot.item_id == "teapot"]
    assert gone.why.startswith("A rule takes it out from")
