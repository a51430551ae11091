"""Why a visitor would see each item of a slate."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.accounts.access import Shop
from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer, Text
from dashboard.policies.services import placement_at_hand
from dashboard.serving.selectors import visitor_profile
from dashboard.serving.types import MAX_SLATE_SIZE
from dashboard.serving.why import Deeds, Effect, ItemWhy, Why, why_of
from dashboard.serving.why_pages import titles_of
from dashboard.serving.why_words import sentence

MAX_DRAW = 2**31 - 1


class WhyQuery(StrictSerializer):
    """Of which slate. `draw`: which of the slates that exploration may make; the same number makes the same again."""

    placement = Text(max_length=50)
    n = serializers.IntegerField(required=False, default=None, allow_null=True, min_value=1, max_value=MAX_SLATE_SIZE)
    draw = serializers.IntegerField(required=False, default=1, min_value=0, max_value=MAX_DRAW)


class StandOutput(serializers.Serializer[Any]):
    """Where an item stands: its score (null: it is no candidate), its rank by score among all candidates, and its
    position in the slate without exploration (null: it is not in it)."""

    score = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField(allow_null=True)


class InteractionEffect(serializers.Serializer[Any]):
    """Where the item would stand had this not happened."""

    item_id = serializers.CharField()
    type = serializers.CharField()
    timestamp = serializers.DateTimeField()
    without = StandOutput()


class ItemEffect(serializers.Serializer[Any]):
    """Where the item would stand without anything that the visitor did with that item."""

    item_id = serializers.CharField()
    interactions = serializers.IntegerField()
    without = StandOutput()


class SourceEffect(serializers.Serializer[Any]):
    """Where the item would stand if this model said nothing of any item."""

    source = serializers.CharField()
    without = StandOutput()


class KnobEffect(serializers.Serializer[Any]):
    """Where the item would stand with the knob at 0."""

    knob = serializers.CharField()
    without = StandOutput()


class RuleEffect(serializers.Serializer[Any]):
    """Where the item would stand without the rule."""

    rule = serializers.DictField()
    without = StandOutput()


class WhyItem(serializers.Serializer[Any]):
    """An item in its position. `without_exploration`: where it stands when nothing is left to chance; all `without` are
    to be held against that. Lists name what changes anything, that first which brings most. `fatigue`, `worth`: factors
    of its score, after the times that the visitor left it and by what others made of it."""

    item_id = serializers.CharField()
    position = serializers.IntegerField()
    score = serializers.FloatField()
    explore = serializers.BooleanField()
    sentence = serializers.CharField()
    without_exploration = StandOutput()
    interactions = InteractionEffect(many=True)
    items = ItemEffect(many=True)
    sources = SourceEffect(many=True)
    knobs = KnobEffect(many=True)
    rules = RuleEffect(many=True)
    fatigue = serializers.FloatField()
    worth = serializers.FloatField()


class WhyOutput(serializers.Serializer[Any]):
    """The slate that the visitor would get now. `interactions`: how many of theirs count. `audience`: whose override
    they meet; `fallback`: as of a slate."""

    visitor_id = serializers.CharField()
    placement = serializers.CharField()
    policy_version = serializers.IntegerField()
    artifact = serializers.IntegerField(allow_null=True)
    audience = serializers.IntegerField(allow_null=True)
    fallback = serializers.CharField(allow_null=True)
    withheld = serializers.CharField(allow_null=True)
    interactions = serializers.IntegerField()
    items = WhyItem(many=True)


class VisitorWhy(ShopView):
    """`GET /visitors/{id}/why`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": WhyQuery}

    @extend_schema(
        operation_id="visitor_why",
        summary="Why a visitor would see each item",
        description=(
            "Each reason is tried: the slate is made anew without one interaction, without one model, without one knob "
            "or rule, by the real ranker, and what is told is where the item then stands. Nothing is logged."
        ),
        parameters=[WhyQuery],
        responses=WhyOutput,
    )
    def get(self, request: Request, visitor_id: str) -> Response:
        asked = self.asked(request)
        visitor_profile(request.shop, visitor_id)  # that there is no such visitor is told first
        slug = placement_at_hand(request.shop, asked["placement"]).slug
        found = why_of(request.shop, slug, visitor_id, draw=asked["draw"], n=asked["n"])
        return Response(WhyOutput(_answer(request.shop, visitor_id, found)).data)


def _answer(shop: Shop, visitor_id: str, found: Why) -> dict[str, Any]:
    slate, titles = found.slate, titles_of(shop, found)
    return {
        "visitor_id": visitor_id,
        "placement": slate.placement,
        "policy_version": slate.policy_version,
        "artifact": slate.artifact_id,
        "audience": slate.audience_id,
        "fallback": slate.fallback or None,
        "withheld": slate.withheld or None,
        "interactions": len(found.interactions),
        "items": [_item(item, sentence(found, item, titles)) for item in found.of_items],
    }


def _item(item: ItemWhy, words: str) -> dict[str, Any]:
    slot = item.slot
    return {
        "item_id": slot.item_id,
        "position": slot.position,
        "score": slot.score,
        "explore": slot.explore,
        "sentence": words,
        "without_exploration": item.stand,
        "interactions": [_interaction(one) for one in item.interactions],
        "items": [
            {"item_id": one.cause[0].item_id, "interactions": len(one.cause), "without": one.without}
            for one in item.items
        ],
        "sources": [{"source": one.cause, "without": one.without} for one in item.sources],
        "knobs": [{"knob": one.cause, "without": one.without} for one in item.knobs],
        "rules": [{"rule": one.cause.to_dict(), "without": one.without} for one in item.rules],
        "fatigue": round(item.factors.fatigue, 4),
        "worth": round(item.factors.worth, 4),
    }


def _interaction(one: Effect[Deeds]) -> dict[str, Any]:
    (deed,) = one.cause
    moment = datetime.fromtimestamp(deed.timestamp_seconds, UTC)
    return {"item_id": deed.item_id, "type": deed.type, "timestamp": moment, "without": one.without}
