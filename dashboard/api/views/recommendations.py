"""Slates, and items like another."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard.api.parsers import OrjsonParser, TextParser
from dashboard.api.serializers import StrictSerializer
from dashboard.core import ids, metrics
from dashboard.serving.details import add_details
from dashboard.serving.filters import parsed_filters
from dashboard.serving.services import recommend
from dashboard.serving.similar import similar_items
from dashboard.serving.types import (
    MAX_CART_ITEMS,
    MAX_CONTEXT_ITEMS,
    MAX_EXCLUDED_ITEMS,
    MAX_SLATE_SIZE,
    SlateRequest,
)
from recommender.expressions import MAX_CHARACTERS

_ID = ids.EXTERNAL_ID_MAX_LENGTH
FALLBACKS = ["content", "segment_popular", "popular", "newest"]


def _item_ids(most: int, help_text: str) -> serializers.ListField:
    child = serializers.CharField(max_length=_ID, trim_whitespace=False)
    return serializers.ListField(child=child, max_length=most, required=False, default=list, help_text=help_text)


class FiltersInput(StrictSerializer):
    """What every item of the slate must fulfil; a filter is never dropped. Checked by serving.filters."""

    in_stock = serializers.BooleanField(required=False, help_text="Always holds; only true is taken.")
    price_min = serializers.DecimalField(max_digits=14, decimal_places=2, required=False)
    price_max = serializers.DecimalField(max_digits=14, decimal_places=2, required=False)
    category = serializers.JSONField(required=False, help_text="A text, or a list of which one must hold.")
    brand = serializers.JSONField(required=False, help_text="A text, or a list of which one must hold.")
    attributes = serializers.DictField(
        required=False, help_text="By name: a value, or a list of values of one kind of which one must hold."
    )
    where = serializers.CharField(
        required=False, max_length=MAX_CHARACTERS, help_text='Such as: price < 20 and not brand in ("A", "B").'
    )


class SlateInput(StrictSerializer):
    """What is asked. Without visitor and session the slate rests on the context and on what is popular."""

    placement = serializers.CharField(max_length=50)
    visitor_id = serializers.CharField(max_length=_ID, required=False, allow_blank=True, default="")
    session_id = serializers.CharField(max_length=_ID, required=False, allow_blank=True, default="")
    context_items = _item_ids(MAX_CONTEXT_ITEMS, "Items on the page; they are not recommended themselves.")
    cart_items = _item_ids(MAX_CART_ITEMS, "Items in the cart; they and their variants are left out.")
    n = serializers.IntegerField(
        min_value=1, max_value=MAX_SLATE_SIZE, required=False, help_text="The placement's own size where left out."
    )
    filters = serializers.DictField(required=False, default=dict)
    exclude_items = _item_ids(MAX_EXCLUDED_ITEMS, "Items to leave out.")
    explain = serializers.BooleanField(required=False, default=False, help_text="Adds `explanation` to each item.")
    details = serializers.BooleanField(
        required=False, default=False, help_text="Adds `details` to each item: what a page needs to draw it."
    )


class SlateInputSchema(SlateInput):
    """The same with the filters spelled out, for OpenAPI."""

    filters = FiltersInput(required=False)


class ItemDetailsOutput(serializers.Serializer[Any]):
    """What a page needs to draw an item."""

    title = serializers.CharField()
    url = serializers.CharField(help_text="As the catalog has it; empty where it has none.")
    image_url = serializers.CharField()
    price = serializers.CharField(allow_null=True, help_text="A decimal, such as 12.50.")
    currency = serializers.CharField(help_text="The item's, or else the shop's.")
    brand = serializers.CharField()
    category = serializers.CharField(help_text="The first.")


class SlateItemOutput(serializers.Serializer[Any]):
    """An item in its position, and how probable it was that it stands there."""

    item_id = serializers.CharField()
    position = serializers.IntegerField(help_text="From 1.")
    score = serializers.FloatField(help_text="Relevance, 0 to 1.")
    source = serializers.CharField(help_text="The model or the fallback step that proposed it.")
    reason = serializers.CharField(
        help_text="viewed, carted, bought, interest, popular, segment_popular, content, newest, explore, pinned, …"
    )
    propensity = serializers.FloatField(help_text="Probability of this item here, given those before it.")
    explore = serializers.BooleanField(help_text="Shown to find out about it.")
    explanation = serializers.CharField(required=False, help_text="The reason in words; with `explain`.")
    details = ItemDetailsOutput(required=False, allow_null=True, help_text="With `details`.")


class SlateOutput(serializers.Serializer[Any]):
    """The answer. Send its `recommendation_id` with the events that follow from it."""

    recommendation_id = serializers.UUIDField()
    placement = serializers.CharField()
    policy_version = serializers.IntegerField()
    artifact = serializers.IntegerField(allow_null=True)
    experiment = serializers.IntegerField(allow_null=True)
    variant = serializers.CharField(allow_null=True)
    fallback = serializers.ChoiceField(choices=FALLBACKS, allow_null=True, help_text="null: the model answered.")
    items = SlateItemOutput(many=True)


class SimilarItemOutput(serializers.Serializer[Any]):
    """An item and how alike it is."""

    item_id = serializers.CharField()
    position = serializers.IntegerField()
    score = serializers.FloatField()
    source = serializers.CharField(help_text="The model, or content: categories, brand and title.")


class SimilarOutput(serializers.Serializer[Any]):
    """Servable items like another, best first."""

    item_id = serializers.CharField()
    items = SimilarItemOutput(many=True)


class SimilarInput(StrictSerializer):
    """How many, and which."""

    n = serializers.IntegerField(min_value=1, max_value=MAX_SLATE_SIZE, default=20)
    where = serializers.CharField(
        required=False, max_length=MAX_CHARACTERS, trim_whitespace=False, help_text="An expression, as in `filters`."
    )


class Recommendations(APIView):
    """`POST /recommendations`."""

    parser_classes = [OrjsonParser, TextParser]

    @extend_schema(
        operation_id="recommend",
        summary="Ask for a slate",
        description=(
            "The visitor's last interactions are read now: what was sent to /events a moment ago counts. The slate is "
            "never empty while the shop has an item in stock that passes the filters. An unknown placement is a 404 "
            "that names the known ones."
        ),
        parameters=[
            OpenApiParameter("key", OpenApiTypes.STR, description="A publishable key, in place of the header."),
            OpenApiParameter(
                "X-Forage-Simulated",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                enum=["0", "1"],
                description="1 marks the exposure as made up by a simulator; needs the secret key.",
            ),
        ],
        request=SlateInputSchema,
        responses=SlateOutput,
    )
    def post(self, request: Request) -> Response:
        asked = SlateInput(data=request.data)
        asked.is_valid(raise_exception=True)
        slate = recommend(_slate_request(request, asked.validated_data))
        metrics.count("forage_slates_total", rung=slate.fallback or "model")
        answer = slate.as_answer(explain=asked.validated_data["explain"])
        if asked.validated_data["details"]:
            add_details(request.shop, [answer])
        return Response(answer)


class SimilarItems(APIView):
    """`GET /items/{id}/similar`."""

    @extend_schema(
        operation_id="similar_items",
        summary="Items like another",
        description="In stock, and no variants of the item itself. Not personal, and not logged as a slate.",
        parameters=[SimilarInput],
        responses=SimilarOutput,
    )
    def get(self, request: Request, item_id: str) -> Response:
        asked = SimilarInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        filters = parsed_filters({"where": asked.validated_data.get("where")})
        found = similar_items(shop=request.shop, item_id=item_id, n=asked.validated_data["n"], filters=filters)
        rows = [
            {"item_id": row.item_id, "position": place, "score": row.score, "source": row.source}
            for place, row in enumerate(found, start=1)
        ]
        return Response({"item_id": item_id, "items": rows})


def _slate_request(request: Request, asked: dict[str, Any]) -> SlateRequest:
    return SlateRequest(
        shop=request.shop,
        placement=asked["placement"],
        visitor_id=asked["visitor_id"],
        session_id=asked["session_id"],
        context_items=tuple(asked["context_items"]),
        cart_items=tuple(asked["cart_items"]),
        n=asked.get("n"),
        filters=parsed_filters(asked["filters"]),
        exclude_items=tuple(asked["exclude_items"]),
        explain=asked["explain"],
        simulated=request.simulated,
    )
