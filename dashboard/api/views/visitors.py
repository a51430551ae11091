"""A visitor's data: to have, and to have forgotten."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard.api.permissions import HasSecretKey
from dashboard.events.selectors import visitor_export
from dashboard.overview.services import forget_visitor


class VisitorExport(serializers.Serializer[Any]):
    """All that is kept of a visitor's behaviour, oldest first."""

    visitor_id = serializers.CharField()
    interactions = serializers.ListField(child=serializers.DictField())
    impressions = serializers.ListField(child=serializers.DictField())
    exposures = serializers.ListField(child=serializers.DictField())


class VisitorErased(serializers.Serializer[Any]):
    """How many rows went."""

    interactions = serializers.IntegerField()
    impressions = serializers.IntegerField()
    exposures = serializers.IntegerField()
    memberships = serializers.IntegerField()
    assignments = serializers.IntegerField()


class VisitorExportView(APIView):
    """`GET /visitors/{id}/export`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="export_visitor", summary="Everything kept of a visitor", responses=VisitorExport)
    def get(self, request: Request, visitor_id: str) -> Response:
        return Response(visitor_export(request.shop.pk, visitor_id))


class VisitorDetail(APIView):
    """`DELETE /visitors/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="erase_visitor",
        summary="Forget a visitor",
        description="Erased from storage and serving at once, and from the next artifact too. Cannot be undone.",
        responses=VisitorErased,
    )
    def delete(self, request: Request, visitor_id: str) -> Response:
        return Response(forget_visitor(shop=request.shop, visitor_id=visitor_id, by=request.auth.prefix))
