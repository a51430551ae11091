"""What is sent to draft an experiment and to end it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from dashboard.api.serializers import ShortList, StrictSerializer
from dashboard.api.views.policies import OverrideInput
from dashboard.experiments.metrics import DEFAULT_PRIMARY, METRICS
from dashboard.experiments.risks import RISKS
from dashboard.experiments.selectors import plan_for
from dashboard.experiments.selectors.planning import CHANGES, MAX_PLANNED_VISITORS, MIN_PLANNED_VISITORS
from dashboard.experiments.services import DECISION_MAX_LENGTH, GROUP_SHARE, Terms
from dashboard.policies.services import MAX_OVERRIDES, MAX_RULES


class ExperimentInput(StrictSerializer):
    """A is what the placement publishes when it starts. B is `policy`, the id of one of its versions, or what `knobs`,
    `rules` and `overrides` change: what is left out is as in A.

    `planned_visitors` follows from the metric's own spread and the relative `change` that shall be shown, unless it is
    given. Experiments of one `exclusion_group` never share a visitor; each takes `group_share` of them.
    """

    placement = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    policy = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    knobs = serializers.DictField(required=False)
    rules = ShortList(child=serializers.DictField(), max_length=MAX_RULES, required=False)
    overrides = ShortList(child=OverrideInput(), max_length=MAX_OVERRIDES, required=False)
    primary_metric = serializers.ChoiceField(choices=list(METRICS), default=DEFAULT_PRIMARY)
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
        return attrs


class StopInput(StrictSerializer):
    """`decision`: why, and what was learned."""

    decision = serializers.CharField(max_length=DECISION_MAX_LENGTH, default="", allow_blank=True)


class ShipInput(StopInput):
    """`accepted`: keys of the risks (`GET /experiments/{id}/results`) that are taken though they are not ruled out."""

    accepted = ShortList(child=serializers.ChoiceField(choices=list(RISKS)), max_length=len(RISKS), default=list)


def terms_of(given: Mapping[str, Any], placement: Any) -> Terms:
    """How it is run; planned by the placement's last weeks where no number is given."""
    metric, group = given["primary_metric"], given["exclusion_group"]
    group_share = given.get("group_share", GROUP_SHARE) if group else 1.0
    taken = given["traffic_share"] * group_share
    planned = given.get("planned_visitors") or (
        plan_for(placement, metric=metric, traffic_share=taken, change=given.get("change")).planned_visitors
    )
    return Terms(
        primary_metric=metric,
        traffic_share=given["traffic_share"],
        planned_visitors=planned,
        window_days=given["window_days"],
        exclusion_group=group,
        group_share=group_share,
    )
