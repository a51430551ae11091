"""What the API says of rules is what it serves."""

import pytest

from dashboard.policies.services import ensure_default_placements
from tests.serving.conftest import add_catalog, set_policy


@pytest.fixture
def catalog(shop):
    add_catalog(shop)
    ensure_default_placements(shop)
    return shop


def test_each_rule_tells_its_state_and_slates_agree(secret, catalog):
    rules = [
        {"kind": "pin", "match": {"item_id": "lantern"}, "position": 2},
        {"kind": "pin", "match": {"item_id": "fork"}, "position": 2, "note": "for the autumn"},
        {"kind": "pin", "match": {"item_id": "Border spade"}, "position": 1},
        {"kind": "exclude", "match": {"brand": "Whizz"}},
        {"kind": "boost", "match": {"item_id": "whisk"}},
        {"kind": "pin", "match": {"item_id": "rare"}, "position": 1, "starts_at": "2125-12-01T00:00:00+00:00"},
    ]
    set_policy(catalog, rules=rules, exploration=0.3)
    told = secret.get("/placements/home/rules").json()
    assert (told["version"], told["slate_size"], told["products_left"]) == (2, 8, 6)
    assert [(entry["state"], entry["reason"], entry["by"], entry["position"]) for entry in told["rules"]] == [
        ("acts", None, None, 2),
        ("acts", None, None, 3),
        ("matches_nothing", None, None, None),
        ("acts", None, None, None),
        ("crowded_out", "excluded", 3, None),
        ("waits", None, None, None),
    ]
    assert told["rules"][1]["rule"] == rules[1]
    for visitor in range(6):
        answer = secret.post("/recommendations", {"placement": "home", "visitor_id": f"fresh-{visitor}"}).json()
        shown = [item["item_id"] for item in answer["items"]]
        assert shown[1:3] == ["lantern", "fork"]
        assert not {"whisk", "bowl", "rare"} & {*shown}
        assert len(shown) == told["products_left"]


def test_a_publishable_key_is_told_nothing_of_rules(publishable, catalog):
    assert publishable.get("/placements/home/rules").status_code == 403
