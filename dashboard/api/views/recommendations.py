"""Slates, and items like another."""

from typing import Any, ClassVar

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from msgspec import UNSET
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.fast_path import FastView
from dashboard.api.parsers import OrjsonParser, TextParser
from dashboard.api.queries import ShopView
from dashboard.api.recommendation_request import (
    PlacementInput,
    PlacementRequest,
    RecommendationRequest,
    SlateInput,
    read_recommendation_request,
)
from dashboard.api.schema import sent_by_browsers
from dashboard.api.serializers import StrictSerializer
from dashboard.catalog.filter_fields import parsed_filters
from dashboard.core import errors, metrics
from dashboard.serving.details import add_details
from dashboard.serving.services import recommend_together
from dashboard.serving.similar import similar_items
from dashboard.serving.types import MAX_PLACEMENTS, MAX_SLATE_SIZE, SlateRequest
from recommender.expressions import MAX_CHARACTERS

FALLBACKS = ["content", "segment_popular", "popular", "newest"]
WITHHELD = ["experiment", "holdout"]


class FiltersInput(StrictSerializer):
    """What every item of the slate must fulfil; a filter is never dropped. Checked by catalog.filter_fields."""

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


class PlacementInputSchema(PlacementInput):
    """The same with the filters spelled out, for OpenAPI."""

    filters = FiltersInput(required=False)


class SlateInputSchema(SlateInput):
    """The same with the filters spelled out, for OpenAPI."""

    filters = FiltersInput(required=False)
    placements = serializers.ListField(
        child=PlacementInputSchema(),
        min_length=1,
        max_length=MAX_PLACEMENTS,
        required=False,
        help_text="Several of one page: no item stands in two of them, and the first chooses first.",
    )


class ItemDetailsOutput(serializers.Serializer[Any]):
    """What a page needs to draw an item."""

    title = serializers.CharField()
    url = serializers.CharField(help_text="As the catalog has it; empty where it has none.")
    image_url = serializers.CharField()
    picture = serializers.CharField(
        help_text="A picture drawn from the title, for where there is no other: its path on this server."
    )
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
    team = serializers.CharField(
        required=False, help_text="A or B: which of two policies put it here, where both make the slate together."
    )
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
    withheld = serializers.ChoiceField(
        choices=WITHHELD, allow_null=True, help_text="Why `items` is empty: the visitor is in a group without slates."
    )
    items = SlateItemOutput(many=True)


class SlatesOutput(serializers.Serializer[Any]):
    """The answer to `placements`: a slate for each, in their order."""

    slates = SlateOutput(many=True)


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


class Recommendations(FastView):
    """`POST /recommendations`."""

    parser_classes = [OrjsonParser, TextParser]

    @extend_schema(
        operation_id="recommend",
        summary="Ask for a slate",
        description=(
            "The visitor's last interactions are read now: what was sent to /events a moment ago counts. The slate is "
            "never empty while the shop has an item in stock that passes the filters, but for visitors from whom an "
            "experiment withholds it (`withheld`). An unknown placement is a 404 "
            "that names the known ones. With `placements` the answer is {slates}: one for each, none of their items "
            "in two; where the shop has too few, the later ones are shorter."
        ),
        parameters=sent_by_browsers("the exposure"),
        request=SlateInputSchema,
        responses=PolymorphicProxySerializer("Recommendation", [SlateOutput, SlatesOutput], None),
    )
    def post(self, request: Request) -> HttpResponse:
        wanted = read_recommendation_request(request.body)
        slates = recommend_together(_slate_requests(request, wanted))
        for slate in slates:
            metrics.count("forage_slates_total", fallback=slate.fallback or "model")
        answers = [slate.as_answer(explain=wanted.explain) for slate in slates]
        if wanted.details:
            add_details(request.shop, answers)
        answer = {"slates": answers} if wanted.placements else answers[0]
        return HttpResponse(orjson.dumps(answer), content_type="application/json")


class SimilarItems(ShopView):
    """`GET /items/{id}/similar`."""

    query: ClassVar = {"get": SimilarInput}

    @extend_schema(
        operation_id="similar_items",
        summary="Items like another",
        description="In stock, and no variants of the item itself. Not personal, and not logged as a slate.",
        parameters=[SimilarInput],
        responses=SimilarOutput,
    )
    def get(self, request: Request, item_id: str) -> Response:
        asked = self.asked(request)
        filters = parsed_filters({"where": asked.get("where")})
        found = similar_items(shop=request.shop, item_id=item_id, n=asked["n"], filters=filters)
        rows = [
            {"item_id": row.item_id, "position": place, "score": row.score, "source": row.source}
            for place, row in enumerate(found, start=1)
        ]
        return Response({"item_id": item_id, "items": rows})


def _slate_requests(request: Request, wanted: RecommendationRequest) -> list[SlateRequest]:
    if not wanted.placements:
        return [_slate_request(request, wanted, str(wanted.placement), wanted.n or None, wanted.filters)]
    return [_one_of_several(request, wanted, place, index) for index, place in enumerate(wanted.placements)]


def _one_of_several(
    request: Request, wanted: RecommendationRequest, place: PlacementRequest, index: int
) -> SlateRequest:
    filters = wanted.filters if place.filters is UNSET else place.filters
    try:
        return _slate_request(request, wanted, place.placement, place.n or wanted.n or None, filters)
    except errors.Invalid as problem:
        fields = {f"placements.{index}.{name}": message for name, message in problem.fields.items()}
        raise errors.Invalid(problem.message, fields=fields) from None


def _slate_request(
    request: Request, wanted: RecommendationRequest, placement: str, n: int | None, filters: dict[str, Any]
) -> SlateRequest:
    return SlateRequest(
        shop=request.shop,
        placement=placement,
        visitor_id=wanted.visitor_id,
        session_id=wanted.session_id,
        context_items=tuple(wanted.context_items),
        cart_items=tuple(wanted.cart_items),
        n=n,
        filters=parsed_filters(filters),
        exclude_items=tuple(wanted.exclude_items),
        explain=wanted.explain,
        simulated=request.simulated,
    )
