"""What a shop decides of the privacy of its visitors as groups."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.accounts.access import Shop
from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView, sent_body
from dashboard.api.serializers import ShortList, StrictSerializer, Text
from dashboard.audiences.attributes import MAX_NAME
from dashboard.audiences.forms import LARGEST_SMALLEST_GROUP, MOST_BARRED
from dashboard.audiences.selectors import barred_audiences
from dashboard.audiences.services import change_privacy
from dashboard.events.selectors import privacy_of


class PrivacyChange(StrictSerializer):
    """What is to change; what is left out stays, and a list is replaced as a whole. `accepted`: audiences may ask for
    what is barred, and meet nobody from then on."""

    smallest_group = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_SMALLEST_GROUP)
    barred_attributes = ShortList(child=Text(max_length=MAX_NAME), max_length=MOST_BARRED, required=False)
    barred_names = ShortList(child=Text(max_length=MAX_NAME), max_length=MOST_BARRED, required=False)
    accepted = serializers.BooleanField(default=False)


class BarredAudience(serializers.Serializer[Any]):
    """An audience that meets nobody, because it asks for what is barred."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    barred = serializers.ListField(child=serializers.CharField())


class PrivacyOutput(serializers.Serializer[Any]):
    """Of fewer visitors than `smallest_group` nothing is told. No audience may ask for `barred_attributes`, and no
    segment is named by a word of `barred_names`. `audiences`: those that meet nobody now."""

    smallest_group = serializers.IntegerField()
    barred_attributes = serializers.ListField(child=serializers.CharField())
    barred_names = serializers.ListField(child=serializers.CharField())
    audiences = BarredAudience(many=True)


class PrivacyView(ShopView):
    """`GET` and `PATCH /privacy`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_privacy", summary="The privacy of groups", responses=PrivacyOutput)
    def get(self, request: Request) -> Response:
        return Response(_told(request.shop))

    @extend_schema(
        operation_id="change_privacy",
        summary="Change the privacy of groups",
        description=(
            "Where audiences ask for an attribute that shall be barred, nothing is changed and they are named, unless "
            "that is `accepted`. From then on they meet nobody, are neither listed nor exported, and say so."
        ),
        request=PrivacyChange,
        responses={200: PrivacyOutput, 409: OpenApiResponse(description="Audiences ask for what shall be barred.")},
    )
    def patch(self, request: Request) -> Response:
        change_privacy(shop=request.shop, label=request.auth.prefix, **sent_body(PrivacyChange, request))
        return Response(_told(request.shop))


def _told(shop: Shop) -> dict[str, Any]:
    kept = privacy_of(shop.pk)
    audiences = [{"id": row.pk, "name": row.name, "barred": barred} for row, barred in barred_audiences(shop)]
    lists = {"barred_attributes": kept.barred_attributes, "barred_names": kept.barred_names}
    return dict(PrivacyOutput({"smallest_group": kept.smallest_group, **lists, "audiences": audiences}).data)
