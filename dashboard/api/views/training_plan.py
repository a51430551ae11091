"""When a shop retrains by itself, and what a training would take now."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.api.views.runs import PRESETS
from dashboard.training import selectors, services
from dashboard.training.forecast import forecasts
from dashboard.training.sufficiency import USEFUL_INTERACTIONS, USEFUL_VISITORS, sufficiency


class PlanInput(StrictSerializer):
    """What is left out stays as it is."""

    retrains_nightly = serializers.BooleanField(required=False)
    night_hour = serializers.IntegerField(required=False, min_value=0, max_value=23)
    night_preset = serializers.ChoiceField(choices=PRESETS, required=False)
    weekly_preset = serializers.ChoiceField(choices=PRESETS, required=False, allow_blank=True)
    weekly_day = serializers.IntegerField(required=False, min_value=0, max_value=6)
    retrains_on_news = serializers.BooleanField(required=False)
    counts_simulated = serializers.BooleanField(required=False)
    event_weights = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=10), required=False)


class ForecastOutput(serializers.Serializer[Any]):
    """`is_known`: from a run of this preset; otherwise a rough guess. `memory_mib`: the most at once, null unknown."""

    preset = serializers.ChoiceField(choices=PRESETS)
    seconds = serializers.FloatField()
    memory_mib = serializers.IntegerField(allow_null=True)
    is_known = serializers.BooleanField()


class PlanOutput(serializers.Serializer[Any]):
    """Hours and days (0 is Monday) are by the shop's clock; `weekly_preset` is empty where no night differs.
    `interactions` and `visitors` are counted up to `needed`, which a useful model takes."""

    retrains_nightly = serializers.BooleanField()
    night_hour = serializers.IntegerField()
    night_preset = serializers.ChoiceField(choices=PRESETS)
    weekly_preset = serializers.ChoiceField(choices=[*PRESETS, ""])
    weekly_day = serializers.IntegerField()
    retrains_on_news = serializers.BooleanField()
    counts_simulated = serializers.BooleanField()
    event_weights = serializers.DictField(child=serializers.FloatField())
    interactions = serializers.IntegerField()
    visitors = serializers.IntegerField()
    needed = serializers.DictField(child=serializers.IntegerField())
    forecasts = ForecastOutput(many=True)


class TrainingPlan(ShopView):
    """`GET` and `PATCH /training-plan`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="get_training_plan", summary="When the shop retrains, and what that takes", responses=PlanOutput
    )
    def get(self, request: Request) -> Response:
        return Response(_document(request.shop))

    @extend_schema(
        operation_id="change_training_plan",
        summary="Decide when the shop retrains",
        request=PlanInput,
        responses=PlanOutput,
    )
    def patch(self, request: Request) -> Response:
        given = PlanInput(data=request.data)
        given.is_valid(raise_exception=True)
        plan = selectors.retrain_plan(request.shop)
        always = {name: getattr(plan, name) for name in ("retrains_nightly", "counts_simulated")}
        services.change_plan(shop=request.shop, label=request.auth.prefix, **{**always, **given.validated_data})
        return Response(_document(request.shop))


def _document(shop: Any) -> dict[str, Any]:
    plan, enough = selectors.retrain_plan(shop), sufficiency(shop)
    decided = {name: getattr(plan, name) for name in PlanInput().fields if name != "event_weights"}
    return PlanOutput(
        {
            **decided,
            "event_weights": selectors.shop_weights(shop.pk),
            "interactions": enough.interactions,
            "visitors": enough.visitors,
            "needed": {"interactions": USEFUL_INTERACTIONS, "visitors": USEFUL_VISITORS},
            "forecasts": forecasts(shop),
        }
    ).data
