import json
from dataclasses import dataclass, fields

import pytest

from recommender.slate import DEFAULT_KNOBS, KNOBS, KnobError, Knobs, Rule, policy_hash
from recommender.slate.metrics import SlateMetrics


def test_knobs_that_are_not_named_are_off():
    knobs = Knobs.from_dict({"diversity": 0.3})
    assert (knobs.exploration, knobs.diversity, knobs.calibration, knobs.novelty, knobs.fairness) == (0, 0.3, 0, 0, 0)


def test_knobs_survive_json():
    knobs = Knobs.from_dict({"exploration": 0.25, "fairness": 1, "fairness_target": {"b": 0.5, "a": 0.5}})
    assert Knobs.from_dict(json.loads(json.dumps(knobs.to_dict()))) == knobs
    assert Knobs.from_dict(DEFAULT_KNOBS.to_dict()) == DEFAULT_KNOBS


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"explore": 0.1}, "explore"),
        ({"exploration": 1.01}, "exploration"),
        ({"exploration": -0.1}, "exploration"),
        ({"diversity": "0.3"}, "diversity"),
        ({"calibration": True}, "calibration"),
        ({"novelty": float("nan")}, "novelty"),
        ({"fairness": None}, "fairness"),
        ({"explore_max_age_days": -1}, "explore_max_age_days"),
        ({"explore_floor": 1.5}, "explore_floor"),
        ({"fairness_attribute": ""}, "fairness_attribute"),
        ({"fairness_target": {"a": 0.7, "b": 0.7}}, "fairness_target"),
        ({"fairness_target": {"a": "half"}}, "fairness_target.a"),
        ({"fairness_target": ["a"]}, "fairness_target"),
        ([], "knobs"),
    ],
)
def test_a_wrong_knob_is_refused_by_name(raw, field):
    with pytest.raises(KnobError) as refused:
        Knobs.from_dict(raw)
    assert refused.value.field == field
    assert field in str(refused.value)


def test_the_hash_names_the_values_and_not_their_spelling():
    assert (
        Knobs.from_dict({"novelty": 0, "exploration": 1}).policy_hash
        == Knobs.from_dict({"exploration": 1.0}).policy_hash
    )
    assert Knobs(exploration=0.1).policy_hash != Knobs(diversity=0.1).policy_hash
    assert len(DEFAULT_KNOBS.policy_hash) == 16
    # Exposures are joined by this hash for months: a change of these digits needs a changelog entry.
    assert Knobs().policy_hash == "97af344814691db8"


@dataclass(frozen=True)
class WithLaterKnob(Knobs):
    """As knobs are when somebody has added one."""

    serendipity: float = 0.0


def test_a_knob_that_came_later_changes_no_hash_until_it_is_turned():
    assert policy_hash(WithLaterKnob(exploration=0.1)) == policy_hash(Knobs(exploration=0.1))
    assert policy_hash(WithLaterKnob(serendipity=0.2)) != policy_hash(Knobs())


def test_every_knob_names_the_metric_that_it_moves():
    measured = {part.name for part in fields(SlateMetrics)}
    assert {knob.name for knob in KNOBS.values() if knob.metric not in measured} == set()


def test_rules_are_part_of_a_policy():
    rule = Rule.from_dict({"kind": "exclude", "match": {"brand": "Acme"}})
    assert policy_hash(Knobs(), [rule]) != policy_hash(Knobs()) == Knobs().policy_hash
