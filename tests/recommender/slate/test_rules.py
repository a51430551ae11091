import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.slate import Knobs, Rule, RuleError, SlateCandidates, make_slate, policy_hash
from tests.recommender.slate.shops import candidates_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def rule(kind, match, **more):
    return Rule.from_dict({"kind": kind, "match": match, **more})


def shown(candidates, slate, field):
    return [candidates.values(field)[int(index)] for index in slate.indices]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"kind": "hide", "match": {"brand": "A"}}, "kind"),
        ({"kind": "pin", "match": {"item_id": "a"}}, "position"),
        ({"kind": "pin", "match": {"item_id": "a"}, "position": 0}, "position"),
        ({"kind": "boost", "match": {"item_id": "a"}, "position": 1}, "position"),
        ({"kind": "boost", "match": {"item_id": "a"}, "strength": 2}, "strength"),
        ({"kind": "exclude", "match": {"item_id": "a"}, "strength": 0.5}, "strength"),
        ({"kind": "exclude", "match": {}}, "match"),
        ({"kind": "exclude"}, "match"),
        ({"kind": "exclude", "match": {"brand": []}}, "match.brand"),
        ({"kind": "exclude", "match": {"price": {"from": 1}}}, "match.price"),
        ({"kind": "exclude", "match": {"price": {"min": 3, "max": 1}}}, "match.price"),
        ({"kind": "exclude", "match": {"price": {"min": "3"}}}, "match.price"),
        ({"kind": "exclude", "match": {"brand": "A"}, "starts_at": "soon"}, "starts_at"),
        ({"kind": "exclude", "match": {"brand": "A"}, "starts_at": "2026-02-01", "ends_at": "2026-01-01"}, "ends_at"),
        ({"kind": "exclude", "match": {"brand": "A"}, "colour": 1}, "colour"),
    ],
)
def test_a_wrong_rule_is_refused_by_field(raw, field):
    with pytest.raises(RuleError) as refused:
        Rule.from_dict(raw)
    assert refused.value.field == field


def test_rules_survive_json():
    written = rule("boost", {"brand": ["A", "B"], "price": {"min": 2}}, strength=0.7, starts_at="2026-11-24T09:00:00Z")
    assert Rule.from_dict(json.loads(json.dumps(written.to_dict()))) == written


def test_a_pin_stays_at_its_position_with_propensity_one():
    candidates = candidates_of(1)
    worst = candidates.item_ids[int(np.argmin(candidates.scores))]
    for seed in range(20):
        slate = make_slate(
            candidates,
            Knobs(exploration=1, diversity=0.5),
            8,
            [rule("pin", {"item_id": worst}, position=3)],
            rng=np.random.default_rng(seed),
        )
        assert candidates.item_ids[slate.indices[2]] == worst
        assert slate.propensities[2] == 1.0 and not slate.explored[2]
        assert len(set(slate.indices.tolist())) == 8


def test_two_pins_at_one_position_follow_each_other():
    candidates = candidates_of(2)
    rules = [rule("pin", {"item_id": candidates.item_ids[place]}, position=1) for place in (5, 9)]
    assert make_slate(candidates, Knobs(), 4, rules).indices[:2].tolist() == [5, 9]


def test_a_pin_moves_up_where_too_few_items_are_left_to_reach_it():
    candidates = candidates_of(3, count=3)
    slate = make_slate(candidates, Knobs(), 8, [rule("pin", {"item_id": candidates.item_ids[1]}, position=7)])
    assert len(slate.indices) == 3 and slate.indices[2] == 1


def test_a_pin_takes_the_best_item_that_matches():
    candidates = candidates_of(4)
    slate = make_slate(candidates, Knobs(), 4, [rule("pin", {"brand": "brand-2"}, position=4)])
    best = max(
        (index for index in range(60) if candidates.brands[index] == "brand-2"), key=lambda i: candidates.scores[i]
    )
    assert best in slate.indices.tolist()


def test_excluded_items_never_appear_even_when_pinned():
    candidates = candidates_of(5)
    rules = [rule("exclude", {"brand": ["brand-0", "brand-1"]}), rule("pin", {"brand": "brand-0"}, position=1)]
    for seed in range(20):
        slate = make_slate(candidates, Knobs(exploration=1), 20, rules, rng=np.random.default_rng(seed))
        assert not {"brand-0", "brand-1"} & set(shown(candidates, slate, "brand"))


def test_only_included_items_appear_and_every_such_rule_holds():
    candidates = candidates_of(6)
    rules = [rule("include_only", {"price": {"min": 10, "max": 30}}), rule("include_only", {"tags": "new"})]
    slate = make_slate(candidates, Knobs(exploration=1), 60, rules, rng=np.random.default_rng(0))
    expected = {
        i for i, item in enumerate(candidates.attributes) if 10 <= item["price"] <= 30 and "new" in item["tags"]
    }
    assert set(slate.indices.tolist()) == expected


def test_boost_raises_and_bury_lowers_the_chance_inside_the_draw():
    candidates, target = candidates_of(7, count=30), {"brand": "brand-1"}

    def first_share(*rules):
        rng = np.random.default_rng(0)
        slates = [make_slate(candidates, Knobs(exploration=1), 1, rules, rng=rng) for _ in range(400)]
        return np.mean([shown(candidates, slate, "brand")[0] == "brand-1" for slate in slates])

    buried, plain, boosted = first_share(rule("bury", target)), first_share(), first_share(rule("boost", target))
    assert buried < plain < boosted


@pytest.mark.parametrize(
    ("times", "holds"),
    [
        ({}, True),
        ({"starts_at": "2026-11-24T12:00:00Z"}, True),
        ({"starts_at": "2026-11-24T12:00:01Z"}, False),
        ({"ends_at": "2026-11-24T12:00:00Z"}, False),
        ({"starts_at": "2026-11-01", "ends_at": "2026-11-24T13:30:00+01:00"}, True),
    ],
)
def test_a_rule_holds_between_its_start_and_its_end(times, holds):
    candidates = SlateCandidates(item_ids=["a", "b"], scores=np.array([0.9, 0.1]))
    slate = make_slate(candidates, Knobs(), 2, [rule("exclude", {"item_id": "a"}, **times)], now=NOON)
    assert (len(slate.indices) == 1) is holds


def test_true_is_no_number_and_a_range_holds_no_flag():
    value_of = {"new": True, "rank": 1}.get
    assert rule("boost", {"new": True}).matches(value_of)
    assert not rule("boost", {"new": 1}).matches(value_of)
    assert not rule("boost", {"new": {"min": 0}}).matches(value_of)
    assert rule("boost", {"rank": [7, 1]}).matches(value_of)
    assert not rule("boost", {"rank": True}).matches(value_of)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(["A", "B", ""]),
    st.integers(-2, 2),
    st.lists(st.sampled_from(["A", "B"]), max_size=2),
)
CONDITIONS = st.one_of(
    st.booleans(),
    st.sampled_from(["A", "B"]),
    st.integers(-2, 2),
    st.lists(st.sampled_from(["A", "B", 1]), min_size=1, max_size=2),
    st.just({"min": 0, "max": 1}),
)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=6), CONDITIONS, CONDITIONS)
def test_many_items_asked_at_once_are_those_that_match_one_by_one(rows, first, second):
    wanted = rule("boost", {"colour": first, "size": second})
    columns = {"colour": [row[0] for row in rows], "size": [row[1] for row in rows]}
    alone = [place for place in range(len(rows)) if wanted.matches(lambda field, place=place: columns[field][place])]
    assert wanted.places(columns.get, range(len(rows))) == alone


def test_of_items_without_the_field_none_matches():
    assert rule("boost", {"colour": "red"}).places({}.get, range(3)) == []


def test_a_note_is_kept_but_changes_neither_the_rule_nor_the_policy():
    plain, noted = rule("exclude", {"brand": "A"}), rule("exclude", {"brand": "A"}, note="recalled on Monday")
    assert noted == plain
    assert Rule.from_dict(noted.to_dict()).note == "recalled on Monday"
    assert "note" not in plain.to_dict()
    assert policy_hash(Knobs(), [noted]) == policy_hash(Knobs(), [plain])


@pytest.mark.parametrize("note", [7, "x" * 201])
def test_a_note_is_a_short_text(note):
    with pytest.raises(RuleError) as refusal:
        rule("exclude", {"brand": "A"}, note=note)
    assert refusal.value.field == "note"
