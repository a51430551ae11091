"""What is sent to draft an experiment and to end it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from dashboard.api.serializers import ShortList, StrictSerializer
from dashboard.api.views.policies import OverrideInput
from dashboard.experiments.metrics import DECIDING, DEFAULT_PRIMARY
from dashboard.experiments.risks import RISKS
from dashboard.experiments.selectors import plan_for, screening_for
from dashboard.experiments.selectors.planning import CHANGES, MAX_PLANNED_VISITORS, MIN_PLANNED_VISITORS
from dashboard.experiments.services import (
    DECISION_MAX_LENGTH,
    GROUP_SHARE,
    MOST_METRICS,
    MOST_STEPS,
    MOST_VARIANTS,
    Arm,
    Terms,
)
from dashboard.policies.selectors import policy_of
from dashboard.policies.services import MAX_OVERRIDES, MAX_RULES

MOST_RISKS = len(RISKS) + MOST_METRICS


class ArmInput(StrictSerializer):
    """A variant beside A: `policy`, the id of one of the placement's versions; or what `knobs`, `rules` and `overrides`
    change: what is left out is as in A; or no recommendations at all (`shows_nothing`). `share`: of the experiment's
    visitors; those that give none have alike what is left."""

    policy = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    knobs = serializers.DictField(required=False)
    rules = ShortList(child=serializers.DictField(), max_length=MAX_RULES, required=False)
    overrides = ShortList(child=OverrideInput(), max_length=MAX_OVERRIDES, required=False)
    shows_nothing = serializers.BooleanField(default=False)
    share = serializers.FloatField(min_value=0.01, max_value=0.99, required=False)
    name = serializers.CharField(max_length=80, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        changes = [name for name in ("knobs", "rules", "overrides") if name in attrs]
        if ("policy" in attrs) + bool(changes) + attrs["shows_nothing"] != 1:
            message = "Give one of: a version, what it changes, or shows_nothing."
            raise serializers.ValidationError({"policy": message})
        return attrs


class StepInput(StrictSerializer):
    """From `day` after the start on the experiment takes this share of the visitors."""

    day = serializers.IntegerField(min_value=0, max_value=365)
    share = serializers.FloatField(min_value=0.01, max_value=1)


class ExperimentInput(StrictSerializer):
    """A is what the placement publishes when it starts. The others, B to H, are `variants`; where it is B alone it may
    stand here: `policy`, the id of one of its versions, or what `knobs`, `rules` and `overrides` change: what is left
    out is as in A. `is_aa`: two halves see what is published, to test the split and the statistics.

    `audience`: who is not in it gets what is published, and is not counted. `ramp`: its share of the visitors by days;
    the last step is `traffic_share`; harm to a guardrail stops it. A draft with `starts_at` starts by itself, and stops
    at `ends_at`.

    `planned_visitors` follows from the metric's own spread and the relative `change` that shall be shown, unless it is
    given. Experiments of one `exclusion_group` never share a visitor; each takes `group_share` of them.
    """

    placement = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    policy = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    knobs = serializers.DictField(required=False)
    rules = ShortList(child=serializers.DictField(), max_length=MAX_RULES, required=False)
    overrides = ShortList(child=OverrideInput(), max_length=MAX_OVERRIDES, required=False)
    variants = ShortList(child=ArmInput(), max_length=MOST_VARIANTS - 1, allow_empty=False, required=False)
    control_share = serializers.FloatField(min_value=0.01, max_value=0.99, required=False)
    is_aa = serializers.BooleanField(default=False)
    is_interleaved = serializers.BooleanField(
        default=False,
        help_text="A and B make each slate in turns: a fast pre-screen that says which is preferred.",
    )
    audience = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    ramp = ShortList(child=StepInput(), max_length=MOST_STEPS, required=False)
    primary_metric = serializers.CharField(
        max_length=40,
        default=DEFAULT_PRIMARY,
        help_text=f"One of {', '.join(DECIDING)}, or the key of one of the shop's own.",
    )
    traffic_share = serializers.FloatField(min_value=0.01, max_value=1, default=1.0)
    change = serializers.ChoiceField(choices=list(CHANGES), required=False)
    planned_visitors = serializers.IntegerField(
        min_value=MIN_PLANNED_VISITORS, max_value=MAX_PLANNED_VISITORS, required=False
    )
    window_days = serializers.IntegerField(min_value=1, max_value=60, default=7)
    exclusion_group = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    group_share = serializers.FloatField(min_value=0.01, max_value=1, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = {name for name in ("knobs", "rules", "overrides") if name in attrs}
        if "policy" in attrs and given:
            raise serializers.ValidationError({"policy": "Give a version, or what B changes, not both."})
        if "variants" in attrs and (given or "policy" in attrs):
            raise serializers.ValidationError({"variants": "Give B here or above, not both."})
        if attrs["is_aa"] and (given or "policy" in attrs or "variants" in attrs):
            raise serializers.ValidationError({"is_aa": "An A/A test has no other variant than what is published."})
        return attrs


class StopInput(StrictSerializer):
    """`decision`: why, and what was learned."""

    decision = serializers.CharField(max_length=DECISION_MAX_LENGTH, default="", allow_blank=True)


class ShipInput(StopInput):
    """`variant`: which is published; may be left out where there is B alone. `accepted`: keys of the risks
    (`GET /experiments/{id}/results`) that are taken though they are not ruled out."""

    variant = serializers.ChoiceField(choices=list("BCDEFGH"), required=False)
    accepted = ShortList(
        child=serializers.RegexField(rf"^({'|'.join(RISKS)}|own_[0-9]{{1,18}})$"), max_length=MOST_RISKS, default=list
    )


def terms_of(given: Mapping[str, Any], placement: Any) -> Terms:
    """How it is run; planned by the placement's last weeks where no number is given."""
    metric, group = given["primary_metric"], given["exclusion_group"]
    group_share = given.get("group_share", GROUP_SHARE) if group else 1.0
    return Terms(
        primary_metric=metric,
        traffic_share=given["traffic_share"],
        planned_visitors=given.get("planned_visitors") or _planned(given, placement, group_share),
        window_days=given["window_days"],
        exclusion_group=group,
        group_share=group_share,
        control_share=given.get("control_share"),
        audience_id=given.get("audience"),
        starts_at=given.get("starts_at"),
        ends_at=given.get("ends_at"),
        ramp=given.get("ramp", ()),
        is_interleaved=given["is_interleaved"],
    )


def _planned(given: Mapping[str, Any], placement: Any, group_share: float) -> int:
    taken, change = given["traffic_share"] * group_share, given.get("change")
    if given["is_interleaved"]:
        return screening_for(placement, change=change, traffic_share=taken).visitors
    variants = 1 + len(given.get("variants", [given]))
    return plan_for(
        placement, metric=given["primary_metric"], traffic_share=taken, change=change, variants=variants
    ).planned_visitors


def arms_of(shop: Any, given: Mapping[str, Any]) -> list[Arm]:
    """The variants beside A, of `variants` or of what stands for B alone; none of an A/A test."""
    if given["is_aa"]:
        return []
    return [
        Arm(
            policy=policy_of(shop, each["policy"]) if "policy" in each else None,
            knobs=each.get("knobs"),
            rules=each.get("rules"),
            overrides=each.get("overrides"),
            shows_nothing=each.get("shows_nothing", False),
            share=each.get("share"),
            name=each.get("name", "") if "variants" in given else "",
        )
        for each in given.get("variants", [given])
    ]
