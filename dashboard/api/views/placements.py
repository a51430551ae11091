"""Placements: where the shop shows slates."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.experiments.selectors import Trial, trial_on
from dashboard.experiments.services import remove_placement
from dashboard.policies import selectors, services


class PlacementChange(StrictSerializer):
    """What is left out stays as it is."""

    name = serializers.CharField(max_length=80, required=False)
    slate_size = serializers.IntegerField(min_value=1, max_value=services.MAX_SLATE_SIZE, required=False)


class PlacementInput(StrictSerializer):
    """A new placement. Knobs that are left out stand where every placement starts."""

    slug = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=80)
    slate_size = serializers.IntegerField(
        min_value=1, max_value=services.MAX_SLATE_SIZE, default=services.DEFAULT_SLATE_SIZE
    )
    knobs = serializers.DictField(required=False)
    rules = serializers.ListField(child=serializers.DictField(), max_length=services.MAX_RULES, required=False)


class PlacementOutput(serializers.Serializer[Any]):
    """A placement. `version` is published; while `experiment` runs, its variants are served in its place."""

    slug = serializers.CharField()
    name = serializers.CharField()
    slate_size = serializers.IntegerField()
    version = serializers.IntegerField()
    experiment = serializers.IntegerField(allow_null=True)


class PlacementListOutput(serializers.Serializer[Any]):
    """All placements of the shop, in the order in which they were made."""

    placements = PlacementOutput(many=True)


class PlacementList(ShopView):
    """`GET` and `POST /placements`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_placements", summary="The shop's placements", responses=PlacementListOutput)
    def get(self, request: Request) -> Response:
        found = [_shown(placement) for placement in services.placements_at_hand(request.shop)]
        return Response(PlacementListOutput({"placements": found}).data)

    @extend_schema(
        operation_id="create_placement",
        summary="Add a placement",
        request=PlacementInput,
        responses={
            201: PlacementOutput,
            409: OpenApiResponse(description="The shop has one of that slug, or too many."),
        },
    )
    def post(self, request: Request) -> Response:
        given = PlacementInput(data=request.data)
        given.is_valid(raise_exception=True)
        placement = services.create_placement(
            shop=request.shop, by=None, label=request.auth.prefix, **given.validated_data
        )
        return Response(PlacementOutput(_shown(placement)).data, status=status.HTTP_201_CREATED)


class PlacementDetail(ShopView):
    """`GET`, `PATCH` and `DELETE /placements/{slug}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_placement", summary="One placement", responses=PlacementOutput)
    def get(self, request: Request, slug: str) -> Response:
        return Response(PlacementOutput(_shown(services.placement_at_hand(request.shop, slug))).data)

    @extend_schema(
        operation_id="change_placement",
        summary="Change a placement's name or the size of its slates",
        request=PlacementChange,
        responses=PlacementOutput,
    )
    def patch(self, request: Request, slug: str) -> Response:
        placement = services.placement_at_hand(request.shop, slug)
        given = PlacementChange(data=request.data)
        given.is_valid(raise_exception=True)
        changed = services.change_placement(
            placement=placement, changes=given.validated_data, by=None, label=request.auth.prefix
        )
        return Response(PlacementOutput(_shown(changed)).data)

    @extend_schema(
        operation_id="delete_placement",
        summary="Remove a placement",
        description="With its draft and versions. Slates that were served there stay, and count in what they count in.",
        responses={204: None, 409: OpenApiResponse(description="It has experiments, or is the shop's last.")},
    )
    def delete(self, request: Request, slug: str) -> Response:
        placement = services.placement_at_hand(request.shop, slug)
        remove_placement(placement=placement, by=None, label=request.auth.prefix)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(placement: Any) -> dict[str, Any]:
    trial: Trial | None = trial_on(placement)
    return {
        "slug": placement.slug,
        "name": placement.name,
        "slate_size": placement.slate_size,
        "version": selectors.policy_published_now(placement).version,
        "experiment": trial.experiment.pk if trial else None,
    }
