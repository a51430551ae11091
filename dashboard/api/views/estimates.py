"""What a version of a placement would have brought."""

from typing import Any, get_args

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.policies.selectors import policy_of, published_policy, served_policy
from dashboard.serving import estimate_words
from dashboard.serving.estimates import (
    AT_ONCE,
    METRICS,
    MOST_SLATES,
    WINDOW_DAYS,
    MetricEstimate,
    PolicyEstimate,
    Reason,
    estimate_of,
)

_AS_IT_IS = (
    "reason",
    "slates",
    "since",
    "simulated",
    "effective",
    "covered",
    "more_needed",
    "days_needed",
    "floor",
    "left_out",
    "waiting",
)


class EstimateQuery(StrictSerializer):
    """How many slates are looked at."""

    limit = serializers.IntegerField(min_value=2, max_value=MOST_SLATES, default=MOST_SLATES)


class ValueOutput(serializers.Serializer[Any]):
    """A mean per slate, or a change of one, and its 95% interval."""

    value = serializers.FloatField()
    interval = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)


class MetricOutput(serializers.Serializer[Any]):
    """Per slate: `today` of what is published; of the judged version self-normalised (`snips`) and doubly robust
    (`dr`), and what each changes against today on the same slates. Null where the log cannot say."""

    today = ValueOutput(allow_null=True)
    snips = ValueOutput(allow_null=True)
    dr = ValueOutput(allow_null=True)
    snips_change = ValueOutput(allow_null=True)
    dr_change = ValueOutput(allow_null=True)


class MetricsOutput(serializers.Serializer[Any]):
    """Clicked items, purchases within 24 hours after a click, and their money in the shop's currency."""

    clicks = MetricOutput()
    purchases = MetricOutput()
    revenue = MetricOutput()


class PolicyEstimateOutput(serializers.Serializer[Any]):
    """What a version would have brought on the slates of the last month. `reason`: `enough`, or why no figure is told;
    `message` and `next_step` say it in words.

    `effective`: as many slates of its own the log is worth. `covered`: how much of what it would show was shown, about
    1 where all was. `more_needed` slates would do, in `days_needed`; `floor` is the exploration floor with which a
    month would do. `left_out`: how many slates could not be judged, by why. `waiting`: further slates that are being
    made ready to be read; ask again in a minute.
    """

    policy = serializers.IntegerField()
    version = serializers.IntegerField()
    placement = serializers.CharField()
    reason = serializers.ChoiceField(choices=get_args(Reason))
    message = serializers.CharField()
    next_step = serializers.CharField(allow_blank=True)
    slates = serializers.IntegerField()
    since = serializers.DateTimeField(allow_null=True)
    simulated = serializers.BooleanField()
    effective = serializers.FloatField()
    covered = serializers.FloatField()
    more_needed = serializers.IntegerField(allow_null=True)
    days_needed = serializers.FloatField(allow_null=True)
    floor = serializers.FloatField(allow_null=True)
    left_out = serializers.DictField(child=serializers.IntegerField())
    waiting = serializers.IntegerField()
    metrics = MetricsOutput()


class PolicyEstimateView(ShopView):
    """`GET /policies/{id}/estimate`."""

    permission_classes = [HasSecretKey]
    query = {"get": EstimateQuery}

    @extend_schema(
        operation_id="estimate_policy",
        summary="What a version would have brought, from the slates that were served",
        description=f"Rests on the newest slates of people in the last {WINDOW_DAYS} days; up to ten minutes old.",
        parameters=[OpenApiParameter("limit", int, description=f"The newest slates alone; at most {MOST_SLATES}.")],
        responses=PolicyEstimateOutput,
    )
    def get(self, request: Request, policy_id: int) -> Response:
        limit = self.asked(request)["limit"]
        policy = policy_of(request.shop, policy_id)
        placement = published_policy(shop_id=request.shop.pk, slug=policy.placement.slug)
        found = estimate_of(request.shop, placement, served_policy(policy), limit=limit, at_once=AT_ONCE)
        named = {"policy": policy.pk, "version": policy.version, "placement": placement.slug}
        return Response(PolicyEstimateOutput(named | _shown(found)).data)


def _shown(found: PolicyEstimate) -> dict[str, Any]:
    told = {entry.metric: entry for entry in found.metrics}
    return {
        **{name: getattr(found, name) for name in _AS_IT_IS},
        "message": estimate_words.headline(found),
        "next_step": estimate_words.next_step(found),
        "metrics": {metric: told.get(metric, MetricEstimate(metric, None)) for metric in METRICS},
    }
