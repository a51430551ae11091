"""Segments of the published artifact, and who is in them."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer, place_after
from dashboard.api.views.segment_figures import ConcerningOutput, ProfileOutput
from dashboard.core import errors
from dashboard.experiments.selectors import concerning_segment
from dashboard.segments import selectors
from dashboard.segments.profile import profile_of

PAGE_MAX = 500


class SegmentItemOutput(serializers.Serializer[Any]):
    """An item that sets the segment apart. `share`: of the segment; `lift`: against the whole shop."""

    item_id = serializers.CharField()
    share = serializers.FloatField()
    lift = serializers.FloatField()


class SegmentOutput(serializers.Serializer[Any]):
    """A segment. `number` stays the same across artifacts; `share` is its expected share of the visitors, 0..1."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    share = serializers.FloatField()
    share_change = serializers.FloatField(allow_null=True)
    visitors = serializers.IntegerField()
    top_items = SegmentItemOutput(many=True)


class WholeSegmentOutput(SegmentOutput):
    """With what its members do (null until a worker has summed it), and what concerns them."""

    figures = ProfileOutput(allow_null=True)
    concerning = ConcerningOutput()


class SegmentListOutput(serializers.Serializer[Any]):
    """All segments, by number; empty before the first artifact."""

    segments = SegmentOutput(many=True)


class MemberOutput(serializers.Serializer[Any]):
    """A visitor whose likeliest segment this is, and how likely."""

    visitor_id = serializers.CharField()
    probability = serializers.FloatField()


class MembersOutput(serializers.Serializer[Any]):
    """A page of members, likeliest first. `next` is the cursor of the next page, empty on the last."""

    visitors = MemberOutput(many=True)
    next = serializers.CharField(allow_blank=True)


class PageInput(StrictSerializer):
    """Where a page begins and how long it is."""

    cursor = place_after(600, default="")
    limit = serializers.IntegerField(required=False, default=100, min_value=1, max_value=PAGE_MAX)


class SegmentList(ShopView):
    """`GET /segments`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_segments", summary="All segments", responses=SegmentListOutput)
    def get(self, request: Request) -> Response:
        found = selectors.active_segments(request.shop)
        return Response(SegmentListOutput({"segments": found}).data)


class SegmentDetail(ShopView):
    """`GET /segments/{number}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_segment", summary="One segment", responses=WholeSegmentOutput)
    def get(self, request: Request, number: int) -> Response:
        segment = _segment(request, number)
        found = concerning_segment(request.shop, number)
        concerning = {
            "audiences": [audience.pk for audience in found.audiences],
            "overrides": found.overrides,
            "experiments": [experiment.pk for experiment in found.experiments],
            "running": [experiment.pk for experiment in found.running],
        }
        whole = {**vars(segment), "figures": profile_of(request.shop, segment), "concerning": concerning}
        return Response(WholeSegmentOutput(whole).data)


class SegmentVisitors(ShopView):
    """`GET /segments/{number}/visitors`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": PageInput}

    @extend_schema(
        operation_id="list_segment_visitors",
        summary="Who is in a segment",
        parameters=[PageInput],
        responses=MembersOutput,
    )
    def get(self, request: Request, number: int) -> Response:
        page = self.asked(request)
        _segment(request, number)
        found = selectors.segment_members(request.shop, number, **page)
        return Response(MembersOutput({"visitors": found.members, "next": found.next_cursor}).data)


def _segment(request: Request, number: int) -> selectors.PublishedSegment:
    found = selectors.segment(request.shop, number)
    if found is None:
        raise errors.NotFound("The published artifact has no such segment.")
    return found
