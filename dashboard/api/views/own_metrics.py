"""A shop's own metrics: what its experiments count beside what every shop counts."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView, sent_body
from dashboard.api.serializers import StrictSerializer, Text
from dashboard.experiments import selectors, services
from dashboard.experiments.own_metric_sql import COUNTED_TYPES
from dashboard.experiments.own_metrics import AGGREGATIONS, NAME_MAX_LENGTH, key_of
from recommender.expressions import MAX_CHARACTERS

_LIMIT_HELP = "The worst relative change that is tolerated, 0.05 for 5%; null: it explains, and guards nothing."


class DefinitionInput(StrictSerializer):
    """What is counted of a visitor, from `delay_hours` after the first slate on, for `window_days` (left out: as long
    as the experiment counts): events of a type on items that fulfil `expression`. `any`: whether there was one;
    `count`: how many events; `sum`: their value in the shop's currency; `distinct`: of how many items. Of one visitor
    at most `cap` counts (winsorising)."""

    event_type = serializers.ChoiceField(choices=[kind.value for kind in COUNTED_TYPES])
    aggregation = serializers.ChoiceField(choices=AGGREGATIONS.values)
    expression = Text(
        max_length=MAX_CHARACTERS,
        required=False,
        allow_blank=True,
        default="",
        help_text='In the language of filters, such as: category = "Gifts" and price < 20.',
    )
    window_days = serializers.IntegerField(min_value=1, max_value=60, required=False, allow_null=True, default=None)
    delay_hours = serializers.IntegerField(min_value=0, max_value=1440, default=0)
    cap = serializers.FloatField(required=False, allow_null=True, default=None)
    higher_is_better = serializers.BooleanField(default=True)


class OwnMetricInput(DefinitionInput):
    """A metric to be made."""

    name = Text(max_length=NAME_MAX_LENGTH)
    guard_limit = serializers.FloatField(required=False, allow_null=True, default=None, help_text=_LIMIT_HELP)


class OwnMetricChange(StrictSerializer):
    """What is to change; what is left out stays. What a metric counts never changes."""

    name = Text(max_length=NAME_MAX_LENGTH, required=False)
    guard_limit = serializers.FloatField(required=False, allow_null=True, help_text=_LIMIT_HELP)


class OwnMetricOutput(serializers.Serializer[Any]):
    """A metric of the shop. `key`: what `primary_metric` and results call it."""

    id = serializers.IntegerField()
    key = serializers.SerializerMethodField()
    name = serializers.CharField()
    event_type = serializers.CharField()
    aggregation = serializers.CharField()
    expression = serializers.CharField(allow_blank=True)
    window_days = serializers.IntegerField(allow_null=True)
    delay_hours = serializers.IntegerField()
    cap = serializers.FloatField(allow_null=True)
    higher_is_better = serializers.BooleanField()
    guard_limit = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_key(self, own: Any) -> str:
        return key_of(own.pk)


class OwnMetricListOutput(serializers.Serializer[Any]):
    """All that are not archived, by name."""

    metrics = OwnMetricOutput(many=True)


class NeedOutput(serializers.Serializer[Any]):
    """To show a relative change, if there is one, an experiment of two variants needs so many visitors."""

    change = serializers.FloatField()
    visitors = serializers.IntegerField()


class MetricPreviewOutput(serializers.Serializer[Any]):
    """Of the visitors whose first slate in four weeks was so long ago that all that counts has happened, or of a sample
    of them. `share`: of those with anything at all; `mean` and `deviation`: of one visitor; `high`: what 99% stay at or
    below; `most`: the most of one; `explained`: the share of the spread that their past explains (CUPED)."""

    visitors = serializers.IntegerField()
    share = serializers.FloatField()
    mean = serializers.FloatField()
    deviation = serializers.FloatField()
    high = serializers.FloatField()
    most = serializers.FloatField()
    explained = serializers.FloatField()
    needed = serializers.SerializerMethodField()

    @extend_schema_field(NeedOutput(many=True))
    def get_needed(self, found: selectors.Preview) -> list[dict[str, float]]:
        return [{"change": change, "visitors": visitors} for change, visitors in found.needed.items()]


class OwnMetricList(ShopView):
    """`GET` and `POST /experiments/metrics`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_own_metrics", summary="The shop's own metrics", responses=OwnMetricListOutput)
    def get(self, request: Request) -> Response:
        return Response(OwnMetricListOutput({"metrics": selectors.own_metrics(request.shop.pk)}).data)

    @extend_schema(
        operation_id="create_own_metric",
        summary="Define a metric",
        description="Experiments count it from the days that are open on; it may decide those that begin from now on.",
        request=OwnMetricInput,
        responses={201: OwnMetricOutput, 409: OpenApiResponse(description="The name is taken, or there are too many.")},
    )
    def post(self, request: Request) -> Response:
        given = sent_body(OwnMetricInput, request)
        made = services.create_metric(
            shop=request.shop,
            name=given["name"],
            terms=_terms(given),
            guard_limit=given["guard_limit"],
            by=None,
            label=request.auth.prefix,
        )
        return Response(OwnMetricOutput(made).data, status=201)


class OwnMetricPreview(ShopView):
    """`POST /experiments/metrics/preview`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="preview_own_metric",
        summary="What a metric was in the last four weeks",
        description="Nothing is stored.",
        request=DefinitionInput,
        responses=MetricPreviewOutput,
    )
    def post(self, request: Request) -> Response:
        terms = services.checked_terms(_terms(sent_body(DefinitionInput, request)))
        return Response(MetricPreviewOutput(selectors.preview_of(request.shop, terms.definition)).data)


class OwnMetricDetail(ShopView):
    """`GET`, `PATCH` and `DELETE /experiments/metrics/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_own_metric", summary="One metric", responses=OwnMetricOutput)
    def get(self, request: Request, own_id: int) -> Response:
        return Response(OwnMetricOutput(selectors.own_metric(request.shop, own_id)).data)

    @extend_schema(
        operation_id="change_own_metric",
        summary="Rename a metric, or change what it guards",
        request=OwnMetricChange,
        responses={200: OwnMetricOutput, 409: OpenApiResponse(description="The name is taken.")},
    )
    def patch(self, request: Request, own_id: int) -> Response:
        own, given = selectors.own_metric(request.shop, own_id), sent_body(OwnMetricChange, request)
        changed = services.change_metric(
            shop=request.shop,
            own_id=own_id,
            name=given.get("name", own.name),
            guard_limit=given.get("guard_limit", own.guard_limit),
            by=None,
            label=request.auth.prefix,
        )
        return Response(OwnMetricOutput(changed).data)

    @extend_schema(
        operation_id="archive_own_metric",
        summary="Archive a metric",
        description="It is offered to no new experiment; one that it decides goes on counting it.",
        responses={204: None},
    )
    def delete(self, request: Request, own_id: int) -> Response:
        services.archive_metric(shop=request.shop, own_id=own_id, by=None, label=request.auth.prefix)
        return Response(status=204)


def _terms(given: Mapping[str, Any]) -> services.MetricTerms:
    names = ("event_type", "aggregation", "expression", "window_days", "delay_hours", "cap", "higher_is_better")
    return services.MetricTerms(**{name: given[name] for name in names})
