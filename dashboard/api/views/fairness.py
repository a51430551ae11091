"""What each group of items was shown so far at a placement."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.policies import services
from dashboard.policies.fairness import DAYS, exposures_so_far
from dashboard.policies.selectors import published_policy


class GroupOutput(serializers.Serializer[Any]):
    """A group, its share of the slots, and the share that it is to have; null where the policy names others alone."""

    name = serializers.CharField()
    share = serializers.FloatField()
    target = serializers.FloatField(allow_null=True)


class FairnessOutput(serializers.Serializer[Any]):
    """By the published policy's `fairness_attribute`: the groups with the most slots, and those with a target."""

    attribute = serializers.CharField()
    days = serializers.IntegerField()
    slots = serializers.IntegerField()
    groups = GroupOutput(many=True)


class PlacementFairness(ShopView):
    """`GET /placements/{slug}/fairness`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="placement_fairness",
        summary="What each brand, category or supplier was shown so far",
        responses=FairnessOutput,
    )
    def get(self, request: Request, slug: str) -> Response:
        placement = services.placement_at_hand(request.shop, slug)
        knobs = published_policy(shop_id=request.shop.pk, slug=placement.slug).policy.knobs
        found = exposures_so_far(request.shop, placement, knobs)
        answer = {"attribute": found.attribute, "days": DAYS, "slots": found.slots, "groups": found.groups}
        return Response(FairnessOutput(answer).data)
