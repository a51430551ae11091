"""Runs: start a retrain, and see how far it is."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.training import selectors, services

PRESETS = ["fast", "balanced", "best"]
STATES = ["queued", "running", "evaluating", "published", "rejected", "failed", "cancelled"]


class RunInput(StrictSerializer):
    """How thoroughly to train."""

    preset = serializers.ChoiceField(choices=PRESETS, default="balanced")


class RunOutput(serializers.Serializer[Any]):
    """A training attempt. `progress` is 0..1 of the whole; `reason` says why it did not end in a published artifact."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    preset = serializers.ChoiceField(choices=PRESETS)
    trigger = serializers.CharField()
    attempt = serializers.IntegerField()
    stage = serializers.CharField()
    progress = serializers.FloatField()
    reason = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    artifact = serializers.SerializerMethodField()
    compared_with = serializers.SerializerMethodField()
    comparison = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_artifact(self, run: Any) -> int | None:
        artifact = getattr(run, "artifact", None)
        return artifact.pk if artifact else None

    def get_compared_with(self, run: Any) -> int | None:
        """The artifact that served when the run began."""
        return run.compared_with_id

    def get_comparison(self, run: Any) -> dict[str, Any] | None:
        """Both versions on the same visitors: `visitors`, `unseen`, `since`, `measures` {metric: {before, after,
        difference?, interval?}}, `segments`, `milliseconds`, `bytes`; what the gate decides by. Null where nothing
        served."""
        return run.metrics.get("paired")


class RunList(ShopView):
    """`POST /runs`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="start_run",
        summary="Start a retrain",
        request=RunInput,
        responses={202: RunOutput, 409: OpenApiResponse(description="A run of this shop has not ended.")},
    )
    def post(self, request: Request) -> Response:
        given = RunInput(data=request.data)
        given.is_valid(raise_exception=True)
        run = services.request_run(
            shop=request.shop, preset=given.validated_data["preset"], trigger="api", label=request.auth.prefix
        )
        return Response(RunOutput(run).data, status=status.HTTP_202_ACCEPTED)


class RunDetail(ShopView):
    """`GET /runs/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_run", summary="How far a run is", responses=RunOutput)
    def get(self, request: Request, run_id: int) -> Response:
        return Response(RunOutput(selectors.run(request.shop, run_id)).data)
