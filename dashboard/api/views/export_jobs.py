"""Whole lists as files: a worker writes one, and it is fetched when it is done."""

from typing import Any, ClassVar

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.exports import selectors, services

KINDS = ["items", "interactions", "segment", "audience"]
FORMS = ["jsonl", "csv"]
STATES = ["waiting", "running", "done", "failed", "expired"]
MAX_SEGMENT = 1_000_000


class ExportWish(StrictSerializer):
    """What is to be written. `segment`: the number of one, `audience`: the id of one, whose members are asked for."""

    kind = serializers.ChoiceField(choices=KINDS)
    form = serializers.ChoiceField(choices=FORMS, default="jsonl")
    segment = serializers.IntegerField(
        required=False, default=None, allow_null=True, min_value=0, max_value=MAX_SEGMENT
    )
    audience = serializers.IntegerField(required=False, default=None, allow_null=True, min_value=1, max_value=2**62)
    since = serializers.DateTimeField(required=False, default=None, allow_null=True, help_text="Of interactions.")
    until = serializers.DateTimeField(required=False, default=None, allow_null=True, help_text="Of interactions.")

    def validate(self, wish: dict[str, Any]) -> dict[str, Any]:
        if (wish["kind"] == "segment") != (wish["segment"] is not None):
            raise serializers.ValidationError({"segment": "Name a segment where, and only where, `kind` is segment."})
        if (wish["kind"] == "audience") != (wish["audience"] is not None):
            raise serializers.ValidationError({"audience": "Name an audience where, and only where, `kind` is that."})
        if wish["kind"] != "interactions" and (wish["since"] or wish["until"]):
            raise serializers.ValidationError({"since": "Only interactions have a period."})
        return wish


class ExportOutput(serializers.Serializer[Any]):
    """An export. `rows` grows while it is written; `size_bytes` is that of the packed file, kept until `expires_at`;
    `reason` says why there is none."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=KINDS)
    form = serializers.ChoiceField(choices=FORMS)
    segment = serializers.IntegerField(allow_null=True)
    audience = serializers.IntegerField(source="audience_id", allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class ExportListOutput(serializers.Serializer[Any]):
    """The last 50, newest first."""

    exports = ExportOutput(many=True)


class ExportList(ShopView):
    """`GET /exports`, `POST /exports`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_exports", summary="Exports and how far they are", responses=ExportListOutput)
    def get(self, request: Request) -> Response:
        return Response(ExportListOutput({"exports": selectors.exports(request.shop)}).data)

    @extend_schema(
        operation_id="request_export",
        summary="Have a whole list written to a file",
        description="For large lists: nothing waits, nothing breaks off. Ask for the export until it is done.",
        request=ExportWish,
        responses={202: ExportOutput},
    )
    def post(self, request: Request) -> Response:
        wish = ExportWish(data=request.data)
        wish.is_valid(raise_exception=True)
        made = services.request_export(shop=request.shop, by=request.auth.prefix, **wish.validated_data)
        return Response(ExportOutput(made).data, status=status.HTTP_202_ACCEPTED)


class ExportDetail(ShopView):
    """`GET /exports/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_export", summary="How far an export is", responses=ExportOutput)
    def get(self, request: Request, export_id: int) -> Response:
        return Response(ExportOutput(selectors.export(request.shop, export_id)).data)


class ExportFile(ShopView):
    """`GET /exports/{id}/file`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {}

    @extend_schema(
        operation_id="fetch_export",
        summary="The file of an export, packed with gzip",
        responses={
            (200, "application/gzip"): OpenApiTypes.BINARY,
            409: OpenApiResponse(description="It is not written yet."),
        },
    )
    def get(self, request: Request, export_id: int) -> FileResponse:
        found = selectors.export(request.shop, export_id)
        file = selectors.export_file(found)
        services.note_download(found=found, by=request.auth.prefix)
        return FileResponse(
            file, as_attachment=True, filename=selectors.file_name(found), content_type="application/gzip"
        )
