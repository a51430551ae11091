"""The catalog in and out."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.schema import body_of
from dashboard.api.serializers import ItemVerdictsOutput, StrictSerializer, place_after
from dashboard.catalog import selectors, services
from dashboard.catalog.filter_fields import parsed_filters
from recommender.expressions import MAX_CHARACTERS

MAX_PAGE = 500
FILTERS = ("in_stock", "price_min", "price_max", "where")


class ItemFilter(StrictSerializer):
    """Which items, and how many of them at once."""

    q = serializers.CharField(
        required=False, max_length=200, help_text="Every word begins a word of title, brand or id."
    )
    item_id = serializers.CharField(
        required=False, max_length=255, trim_whitespace=False, help_text="Exactly this item, whatever its id ends in."
    )
    category = serializers.CharField(required=False, max_length=200)
    brand = serializers.CharField(required=False, max_length=200)
    group_id = serializers.CharField(required=False, max_length=255, trim_whitespace=False)
    in_stock = serializers.BooleanField(required=False, allow_null=True, default=None)
    price_min = serializers.DecimalField(max_digits=14, decimal_places=2, required=False)
    price_max = serializers.DecimalField(max_digits=14, decimal_places=2, required=False)
    where = serializers.CharField(
        required=False, max_length=MAX_CHARACTERS, trim_whitespace=False, help_text="An expression, as in `filters`."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=100)
    after = place_after(255, help_text="`next` of the page before.")


class ItemOutput(serializers.Serializer[Any]):
    """A catalog entry."""

    item_id = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    categories = serializers.ListField(child=serializers.CharField())
    brand = serializers.CharField()
    price = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    image_url = serializers.CharField()
    url = serializers.CharField()
    group_id = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    in_stock = serializers.BooleanField()
    attributes = serializers.DictField()
    updated_at = serializers.DateTimeField()


class ItemPage(serializers.Serializer[Any]):
    """Items by id; `next` is null on the last page."""

    items = ItemOutput(many=True)
    next = serializers.CharField(allow_null=True)


class ItemCollection(ShopView):
    """`GET` and `POST /items`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": ItemFilter}

    @extend_schema(
        operation_id="list_items", summary="Read the catalog, page by page", parameters=[ItemFilter], responses=ItemPage
    )
    def get(self, request: Request) -> Response:
        wanted = self.asked(request)
        filters = parsed_filters({name: wanted.pop(name, None) for name in FILTERS}, of_slate=False)
        limit, after = wanted.pop("limit"), wanted.pop("after", "")
        items, following = selectors.page_of_items(
            request.shop.pk, limit=limit, after=after, text=wanted.pop("q", ""), filters=filters, **wanted
        )
        return Response(ItemPage({"items": items, "next": following}).data)

    @extend_schema(
        operation_id="send_items",
        summary="Add or update items",
        description=(
            "Up to 500 items, each judged on its own. Fields that an item does not name stay as they are, null "
            "empties them; `attributes` is replaced as a whole. An id that comes twice is applied in order and its "
            "repeats are counted as duplicates."
        ),
        request=body_of("ItemBatch"),
        responses={202: ItemVerdictsOutput},
    )
    def post(self, request: Request) -> Response:
        verdicts = services.upsert_items(shop=request.shop, raw_items=request.body)
        return Response(verdicts.as_dict(), status=status.HTTP_202_ACCEPTED)


class ItemDetail(ShopView):
    """`GET`, `PATCH` and `DELETE /items/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="read_item", summary="Read one item", responses=ItemOutput)
    def get(self, request: Request, item_id: str) -> Response:
        return Response(ItemOutput(selectors.item(request.shop.pk, item_id)).data)

    @extend_schema(
        operation_id="change_item", summary="Change an item", request=body_of("ItemChange"), responses=ItemOutput
    )
    def patch(self, request: Request, item_id: str) -> Response:
        return Response(ItemOutput(services.update_item(shop=request.shop, item_id=item_id, raw=request.body)).data)

    @extend_schema(
        operation_id="delete_item",
        summary="Take an item out of the catalog and of every slate",
        responses={204: None},
    )
    def delete(self, request: Request, item_id: str) -> Response:
        services.delete_item(shop=request.shop, item_id=item_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
