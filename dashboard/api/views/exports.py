"""Whole lists of a shop as a stream: JSON lines or CSV, to go on from any row. Large ones: export_jobs.py."""

from typing import ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer, place_after
from dashboard.core.downloads import as_file
from dashboard.core.streams import MOST_OF_A_SHOP, MOST_SECONDS, LongAnswer
from dashboard.exports.contents import MEDIA_TYPES, Contents, interactions, items, members

MAX_ROWS = 1_000_000_000
_STREAMS = {(200, "application/x-ndjson"): OpenApiTypes.STR, (200, "text/csv"): OpenApiTypes.STR}
_HOW = (
    "One row a line, read while it is sent. Every row has a `cursor`: where a transfer breaks off, ask again with the "
    f"last one as `after`, and the rest follows. A shop may have {MOST_OF_A_SHOP} under way, for {MOST_SECONDS:.0f} "
    "seconds at most; beyond it is a 429."
)


class ExportInput(StrictSerializer):
    """The form of an export, and which part of it."""

    form = serializers.ChoiceField(choices=["jsonl", "csv"], default="jsonl")
    after = place_after(600, default="", help_text="The `cursor` of a row.")
    limit = serializers.IntegerField(
        required=False, default=None, min_value=1, max_value=MAX_ROWS, help_text="Left out: all."
    )


class PeriodInput(ExportInput):
    """An export of a period."""

    since = serializers.DateTimeField(required=False, default=None, help_text="From this moment on.")
    until = serializers.DateTimeField(required=False, default=None, help_text="Before this moment.")


class ItemExport(ShopView):
    """`GET /exports/items`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": ExportInput}

    @extend_schema(
        operation_id="export_items",
        summary="The catalog",
        description=_HOW,
        parameters=[ExportInput],
        responses=_STREAMS,
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        asked = self.asked(request)
        return _streamed(request.shop.pk, items(request.shop), **asked)


class InteractionExport(ShopView):
    """`GET /exports/interactions`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": PeriodInput}

    @extend_schema(
        operation_id="export_interactions",
        summary="What visitors did, oldest first",
        description=_HOW,
        parameters=[PeriodInput],
        responses=_STREAMS,
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        asked = self.asked(request)
        period = {"since": asked.pop("since"), "until": asked.pop("until")}
        return _streamed(request.shop.pk, interactions(request.shop, **period), **asked)


class MemberExport(ShopView):
    """`GET /exports/segments/{number}`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": ExportInput}

    @extend_schema(
        operation_id="export_segment",
        summary="Visitors of a segment, surest first",
        description=_HOW,
        parameters=[ExportInput],
        responses=_STREAMS,
    )
    def get(self, request: Request, number: int) -> StreamingHttpResponse:
        asked = self.asked(request)
        return _streamed(request.shop.pk, members(request.shop, number), **asked)


def _streamed(shop_id: int, contents: Contents, *, form: str, after: str, limit: int | None) -> StreamingHttpResponse:
    lines = contents.lines(form, after=after, limit=limit)  # what is wrong is told before the first byte
    response = StreamingHttpResponse(LongAnswer(shop_id, lines), content_type=MEDIA_TYPES[form])
    return as_file(response, f"{contents.name}.{form}")
