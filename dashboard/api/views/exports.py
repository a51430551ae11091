"""Whole lists of a shop as a stream: JSON lines or CSV, to go on from any row."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

import msgspec
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer, place_after
from dashboard.catalog.selectors import ITEM_COLUMNS, item_page
from dashboard.core import errors
from dashboard.core.csv_lines import csv_lines
from dashboard.core.keyset import Row, all_pages, first, no_cursor
from dashboard.core.streams import MOST_OF_A_SHOP, MOST_SECONDS, LongAnswer
from dashboard.events.selectors import INTERACTION_COLUMNS, interaction_page
from dashboard.segments import selectors as segments

MAX_ROWS = 1_000_000_000
MEMBER_COLUMNS = ("visitor_id", "segment", "probability")
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
        return _streamed(request.shop.pk, "items", ITEM_COLUMNS, partial(_items, request.shop.pk), **asked)


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
        page = partial(_interactions, request.shop.pk, period)
        return _streamed(request.shop.pk, "interactions", INTERACTION_COLUMNS, page, **asked)


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
        if segments.segment(request.shop, number) is None:
            raise errors.NotFound("The published artifact has no such segment.")
        page = partial(_members, request.shop, number)
        return _streamed(request.shop.pk, f"segment-{number}", MEMBER_COLUMNS, page, **asked)


def _items(shop_id: int, after: str, limit: int) -> list[Row]:
    return item_page(shop_id, after=after, limit=limit)


def _interactions(shop_id: int, period: dict[str, Any], after: str, limit: int) -> list[Row]:
    return interaction_page(shop_id, after=after, limit=limit, **period)


def _members(shop: Any, number: int, after: str, limit: int) -> list[Row]:
    try:
        page = segments.segment_members(shop, number, cursor=after, limit=limit)
    except errors.Invalid:
        raise no_cursor("after") from None
    return [
        {
            "visitor_id": member.visitor_id,
            "segment": number,
            "probability": member.probability,
            "cursor": segments.cursor_of(member),
        }
        for member in page.members
    ]


def _streamed(
    shop_id: int,
    name: str,
    columns: Sequence[str],
    page_after: Callable[[str, int], list[Row]],
    *,
    form: str,
    after: str,
    limit: int | None,
) -> StreamingHttpResponse:
    page_after(after, 1)  # what is wrong with the cursor is told before the first byte
    rows = first(all_pages(page_after, after), limit)
    columns = (*columns, "cursor")
    lines = _csv(columns, rows) if form == "csv" else map(_json_line, rows)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    response = StreamingHttpResponse(LongAnswer(shop_id, lines), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _json_line(row: Row) -> bytes:
    return msgspec.json.encode(row) + b"\n"


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    return csv_lines(columns, ([_cell(row[column]) for column in columns] for row in rows))


def _cell(value: Any) -> Any:
    """Lists as `import_items` splits them, attributes as JSON."""
    if isinstance(value, list):
        return "|".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return value.isoformat() if hasattr(value, "isoformat") else value
