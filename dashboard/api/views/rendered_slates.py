"""Experiments of shops that render their slates themselves: who gets which variant, and what they were shown."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView, sent_body
from dashboard.api.serializers import RejectionOutput, ShortList, StrictSerializer, Text
from dashboard.core.ids import EXTERNAL_ID_MAX_LENGTH
from dashboard.experiments import selectors, services

MOST_ITEMS = 100  # of a slate


class AssignmentsInput(StrictSerializer):
    """Visitors who are about to be shown something."""

    visitor_ids = ShortList(
        child=Text(max_length=EXTERNAL_ID_MAX_LENGTH, trim_whitespace=False),
        min_length=1,
        max_length=services.MOST_VISITORS,
    )


class AssignmentOutput(serializers.Serializer[Any]):
    """The variant of a visitor; null: the experiment does not take them, show what is published."""

    visitor_id = serializers.CharField()
    variant = serializers.CharField(allow_null=True)


class AssignmentsOutput(serializers.Serializer[Any]):
    """In the order of the visitors that were asked for."""

    assignments = AssignmentOutput(many=True)


class RenderedInput(StrictSerializer):
    """A slate that the shop rendered: its items from the first position on. `rendered_at`: now where it is left out, at
    most a day ago."""

    visitor_id = Text(max_length=EXTERNAL_ID_MAX_LENGTH, trim_whitespace=False)
    items = ShortList(
        child=Text(max_length=EXTERNAL_ID_MAX_LENGTH, trim_whitespace=False), max_length=MOST_ITEMS, default=list
    )
    rendered_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class RenderedSlatesInput(StrictSerializer):
    """Slates of visitors who were assigned."""

    exposures = ShortList(child=RenderedInput(), min_length=1, max_length=services.MOST_VISITORS)


class CountedOutput(serializers.Serializer[Any]):
    """Events that follow from the slate carry its `recommendation_id`."""

    visitor_id = serializers.CharField()
    variant = serializers.CharField()
    recommendation_id = serializers.UUIDField()


class RenderedSlatesOutput(serializers.Serializer[Any]):
    """What was logged, and what was not."""

    exposures = CountedOutput(many=True)
    rejected = RejectionOutput(many=True)


class ExperimentAssignments(ShopView):
    """`POST /experiments/{id}/assignments`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="assign_visitors",
        summary="Which variant visitors get, for shops that render by themselves",
        request=AssignmentsInput,
        responses={200: AssignmentsOutput, 409: OpenApiResponse(description="It is not running, or it interleaves.")},
    )
    def post(self, request: Request, experiment_id: int) -> Response:
        experiment = selectors.experiment_of(request.shop, experiment_id)
        asked = sent_body(AssignmentsInput, request)["visitor_ids"]
        found = services.assign_visitors(experiment=experiment, visitor_ids=asked)
        rows = [{"visitor_id": visitor, "variant": found.get(visitor)} for visitor in asked]
        return Response(AssignmentsOutput({"assignments": rows}).data)


class ExperimentExposures(ShopView):
    """`POST /experiments/{id}/exposures`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="record_rendered_slates",
        summary="What visitors of an experiment were shown, for shops that render by themselves",
        request=RenderedSlatesInput,
        responses={
            202: RenderedSlatesOutput,
            409: OpenApiResponse(description="It is not running, or it interleaves."),
        },
    )
    def post(self, request: Request, experiment_id: int) -> Response:
        experiment = selectors.experiment_of(request.shop, experiment_id)
        sent = sent_body(RenderedSlatesInput, request)["exposures"]
        counted, refused = services.record_rendered(
            experiment=experiment,
            slates=[services.Rendered(row["visitor_id"], row["items"], row["rendered_at"]) for row in sent],
            simulated=request.simulated,
        )
        rejected = [
            {"index": place, "code": "not_counted", "message": reason} for place, reason in sorted(refused.items())
        ]
        return Response(RenderedSlatesOutput({"exposures": counted, "rejected": rejected}).data, status=202)
