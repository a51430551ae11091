"""Artifacts: what runs made, and which one serves."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.training import selectors, services


class ArtifactOutput(serializers.Serializer[Any]):
    """A model version. `metrics` are of visitors held back from its training, by model: `blend` is what serves."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    run = serializers.IntegerField(source="run_id")
    state = serializers.CharField(source="run.state")
    is_active = serializers.BooleanField()
    metrics = serializers.SerializerMethodField()
    size_bytes = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)

    def get_metrics(self, artifact: Any) -> dict[str, dict[str, float]]:
        return dict(artifact.metrics.get("models", {}))


class ArtifactPage(serializers.Serializer[Any]):
    """Newest first."""

    artifacts = ArtifactOutput(many=True)


class NoInput(StrictSerializer):
    """An empty body."""


class ArtifactList(ShopView):
    """`GET /artifacts`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_artifacts", summary="The shop's artifacts, newest first", responses=ArtifactPage)
    def get(self, request: Request) -> Response:
        return Response(ArtifactPage({"artifacts": selectors.artifacts(request.shop)}).data)


class ArtifactPublish(ShopView):
    """`POST /artifacts/{id}/publish`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="publish_artifact",
        summary="Serve an artifact: one that was held back, or an earlier one again",
        request=NoInput,
        responses={200: ArtifactOutput, 409: OpenApiResponse(description="It cannot be published, and why.")},
    )
    def post(self, request: Request, artifact_id: int) -> Response:
        NoInput(data=request.data).is_valid(raise_exception=True)
        artifact = selectors.artifact(request.shop, artifact_id)
        published = services.publish_artifact(artifact=artifact, label=request.auth.prefix)
        return Response(ArtifactOutput(published).data)
