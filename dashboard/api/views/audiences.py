"""Audiences: conditions over visitors under a name, and who fulfils them."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer, Text
from dashboard.api.views.segments import PageInput
from dashboard.audiences import selectors, services
from dashboard.audiences.conditions import EXAMPLE
from recommender.expressions import MAX_CHARACTERS

_EXPRESSION = (
    "In the language of filters, over visitors: `segments.NUMBER` (membership, 0 to 1), `new`, `visits`, "
    "`interactions`, `purchases`, `spent`, `days_since_first_visit`, `days_since_last_visit`, "
    f"`days_since_last_purchase` and `attributes.NAME`, such as `{EXAMPLE}`."
)


class AudienceInput(StrictSerializer):
    """An audience to be made."""

    name = Text(max_length=80)
    expression = Text(max_length=MAX_CHARACTERS, help_text=_EXPRESSION)


class AudienceChange(StrictSerializer):
    """What is to change; what is left out stays."""

    name = Text(max_length=80, required=False)
    expression = Text(max_length=MAX_CHARACTERS, required=False, help_text=_EXPRESSION)


class AudienceOutput(serializers.Serializer[Any]):
    """An audience. `revision` rises whenever the condition changes."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    expression = serializers.CharField()
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class CountedAudience(AudienceOutput):
    """With how many visitors fulfil it now; null: so few that the shop's privacy keeps it from being told. `barred`:
    what it asks for and the shop has barred, so that nobody fulfils it."""

    visitors = serializers.IntegerField(allow_null=True)
    barred = serializers.ListField(child=serializers.CharField())


class AudienceListOutput(serializers.Serializer[Any]):
    """All that are not archived, by name."""

    audiences = AudienceOutput(many=True)


class AudienceVisitorsOutput(serializers.Serializer[Any]):
    """A page of visitors by their ids. `next` is the cursor of the next page, empty on the last."""

    visitors = serializers.ListField(child=serializers.CharField())
    next = serializers.CharField(allow_blank=True)


class AudienceList(ShopView):
    """`GET` and `POST /audiences`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_audiences", summary="All audiences", responses=AudienceListOutput)
    def get(self, request: Request) -> Response:
        return Response(AudienceListOutput({"audiences": selectors.audiences_of(request.shop)}).data)

    @extend_schema(
        operation_id="create_audience",
        summary="Make an audience",
        request=AudienceInput,
        responses={201: AudienceOutput, 409: OpenApiResponse(description="The name is taken, or there are too many.")},
    )
    def post(self, request: Request) -> Response:
        given = AudienceInput(data=request.data)
        given.is_valid(raise_exception=True)
        made = services.create_audience(shop=request.shop, by=None, label=request.auth.prefix, **given.validated_data)
        return Response(AudienceOutput(made).data, status=201)


class AudienceDetail(ShopView):
    """`GET`, `PATCH` and `DELETE /audiences/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_audience", summary="One audience, counted now", responses=CountedAudience)
    def get(self, request: Request, audience_id: int) -> Response:
        found = selectors.audience_of(request.shop, audience_id)
        condition = selectors.ready_audiences(request.shop.pk)[found.pk].condition
        size = selectors.audience_size(request.shop, condition)
        return Response({**AudienceOutput(found).data, "visitors": size.visitors, "barred": list(condition.barred)})

    @extend_schema(
        operation_id="change_audience",
        summary="Change an audience",
        description="Policies that name it follow at once.",
        request=AudienceChange,
        responses={200: AudienceOutput, 409: OpenApiResponse(description="The name is taken.")},
    )
    def patch(self, request: Request, audience_id: int) -> Response:
        given = AudienceChange(data=request.data)
        given.is_valid(raise_exception=True)
        changed = services.change_audience(
            shop=request.shop, audience_id=audience_id, by=None, label=request.auth.prefix, **given.validated_data
        )
        return Response(AudienceOutput(changed).data)

    @extend_schema(
        operation_id="archive_audience",
        summary="Archive an audience",
        description="It is offered nowhere any more; policies that name it keep it.",
        responses={204: None},
    )
    def delete(self, request: Request, audience_id: int) -> Response:
        services.archive_audience(shop=request.shop, audience_id=audience_id, by=None, label=request.auth.prefix)
        return Response(status=204)


class AudienceVisitors(ShopView):
    """`GET /audiences/{id}/visitors`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": PageInput}

    @extend_schema(
        operation_id="list_audience_visitors",
        summary="Who is in an audience",
        parameters=[PageInput],
        responses={
            200: AudienceVisitorsOutput,
            403: OpenApiResponse(description="Fewer visitors than the shop's privacy lets be told, or barred."),
        },
    )
    def get(self, request: Request, audience_id: int) -> Response:
        page = self.asked(request)
        found = selectors.audience_of(request.shop, audience_id)
        condition = selectors.listed_condition(request.shop, found)
        visitors = selectors.member_page(request.shop, condition, after=page["cursor"], limit=page["limit"] + 1)
        shown = visitors[: page["limit"]]
        return Response({"visitors": shown, "next": shown[-1] if len(visitors) > len(shown) else ""})
