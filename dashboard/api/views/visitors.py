"""A visitor's data: to have, and to have forgotten."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.audiences.services import set_attributes
from dashboard.overview.access_request import visitor_export
from dashboard.overview.services import forget_visitor, merge_visitor, note_access
from dashboard.serving.selectors import visitor_profile


class VisitorExport(serializers.Serializer[Any]):
    """All that is kept of a visitor, rows oldest first. `audiences`: those that the visitor belongs to now;
    `audience_changes`: those that it entered and left in the last weeks."""

    visitor_id = serializers.CharField()
    interactions = serializers.ListField(child=serializers.DictField())
    impressions = serializers.ListField(child=serializers.DictField())
    exposures = serializers.ListField(child=serializers.DictField())
    bot_marks = serializers.ListField(child=serializers.DictField())
    other_ids = serializers.ListField(child=serializers.DictField())
    segments = serializers.ListField(child=serializers.DictField())
    assignments = serializers.ListField(child=serializers.DictField())
    attributes = serializers.DictField()
    figures = serializers.DictField()
    audiences = serializers.ListField(child=serializers.CharField())
    audience_changes = serializers.ListField(child=serializers.DictField())


class SegmentShare(serializers.Serializer[Any]):
    """How much a visitor belongs to a segment."""

    segment = serializers.IntegerField()
    name = serializers.CharField()
    probability = serializers.FloatField()


class VisitorProfile(serializers.Serializer[Any]):
    """What is known of a visitor's interests. `interest` are coordinates in the artifact's interest space."""

    visitor_id = serializers.CharField()
    interactions = serializers.IntegerField()
    first_seen_at = serializers.DateTimeField(allow_null=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)
    attributes = serializers.DictField()
    artifact = serializers.IntegerField(allow_null=True)
    interest = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    segments = SegmentShare(many=True)


class VisitorErased(serializers.Serializer[Any]):
    """How many rows went. `other_ids`: what was remembered of merges with other ids; `audiences`: of members and of
    who entered and left."""

    interactions = serializers.IntegerField()
    impressions = serializers.IntegerField()
    exposures = serializers.IntegerField()
    bot_marks = serializers.IntegerField()
    other_ids = serializers.IntegerField()
    memberships = serializers.IntegerField()
    attributes = serializers.IntegerField()
    audiences = serializers.IntegerField()
    assignments = serializers.IntegerField()


class AttributesInput(StrictSerializer):
    """What the shop knows of a visitor: texts, numbers, true or false, lists of texts. null leaves one out."""

    attributes = serializers.DictField()


class AttributesOutput(serializers.Serializer[Any]):
    """What is kept now."""

    visitor_id = serializers.CharField()
    attributes = serializers.DictField()
    attributes_at = serializers.DateTimeField()


class VisitorQuery(StrictSerializer):
    """Which visitor."""

    visitor_id = serializers.CharField(max_length=255, trim_whitespace=False)


class VisitorMergeInput(StrictSerializer):
    """The id that the visitor is known by from now on."""

    into = serializers.CharField(max_length=255)


class VisitorMerged(serializers.Serializer[Any]):
    """How many rows were moved; none where it was done before."""

    visitor_id = serializers.CharField()
    interactions = serializers.IntegerField()
    impressions = serializers.IntegerField()
    exposures = serializers.IntegerField()
    assignments = serializers.IntegerField()


class VisitorMerge(ShopView):
    """`POST /visitors/{id}/merge`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="merge_visitor",
        summary="Join an anonymous visitor to the one that signed in",
        description=(
            "All behaviour of the visitor belongs to `into` from now on, and so does what happened before and arrives "
            "within two days; the next slate rests on both. Experiments keep the earlier assignment. Safe to repeat."
        ),
        request=VisitorMergeInput,
        responses={
            200: VisitorMerged,
            409: OpenApiResponse(description="The visitor is a bot, by what secret keys sent."),
        },
    )
    def post(self, request: Request, visitor_id: str) -> Response:
        given = VisitorMergeInput(data=request.data)
        given.is_valid(raise_exception=True)
        into = given.validated_data["into"]
        moved = merge_visitor(shop=request.shop, visitor_id=visitor_id, into=into, by=request.auth.prefix)
        return Response({"visitor_id": into, **moved})


class VisitorExportView(ShopView):
    """`GET /visitors/{id}/export`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="export_visitor", summary="Everything kept of a visitor", responses=VisitorExport)
    def get(self, request: Request, visitor_id: str) -> Response:
        found = visitor_export(request.shop, visitor_id)
        note_access(shop=request.shop, by=request.auth.prefix)
        return Response(found)


class VisitorDetail(ShopView):
    """`GET`, `PUT` and `DELETE /visitors/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="get_visitor",
        summary="Interests of a visitor now",
        description="Worked out anew from the visitor's last interactions; memberships are soft and sum to one.",
        responses=VisitorProfile,
    )
    def get(self, request: Request, visitor_id: str) -> Response:
        return Response(visitor_profile(request.shop, visitor_id))

    @extend_schema(
        operation_id="set_visitor_attributes",
        summary="Attributes of a visitor",
        description=(
            "What the shop knows of a visitor: country, language, tier. Audiences ask for them. Replaced as a whole; "
            "at most 50, texts of at most 255 characters; no names, addresses or what else tells who somebody is. "
            "Erased with the visitor."
        ),
        request=AttributesInput,
        responses=AttributesOutput,
    )
    def put(self, request: Request, visitor_id: str) -> Response:
        given = AttributesInput(data=request.data)
        given.is_valid(raise_exception=True)
        attributes = given.validated_data["attributes"]
        kept = set_attributes(shop=request.shop, visitor_id=visitor_id, attributes=attributes)
        return Response(AttributesOutput(kept).data)

    @extend_schema(
        operation_id="erase_visitor",
        summary="Forget a visitor",
        description=(
            "Erased from storage and serving at once, from the files of artifacts within ten minutes or when the run "
            "under way has ended, and from the next artifact too. Cannot be undone."
        ),
        responses={200: VisitorErased},
    )
    def delete(self, request: Request, visitor_id: str) -> Response:
        return Response(forget_visitor(shop=request.shop, visitor_id=visitor_id, by=request.auth.prefix))


class VisitorByQuery(ShopView):
    """`GET /visitors?visitor_id=`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": VisitorQuery}

    @extend_schema(
        operation_id="find_visitor",
        summary="The same, by an id in the query",
        description="For ids that end like an address (`/export`): in a path they would be read as that.",
        parameters=[VisitorQuery],
        responses=VisitorProfile,
    )
    def get(self, request: Request) -> Response:
        return Response(visitor_profile(request.shop, self.asked(request)["visitor_id"]))
