"""Experiments: which there are, and what each has shown so far."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView, sent_body
from dashboard.api.views.experiment_inputs import (
    ExperimentInput,
    ShipInput,
    StopInput,
    arms_of,
    terms_of,
)
from dashboard.experiments import selectors, services
from dashboard.experiments.verdicts import KINDS
from dashboard.policies.services import placement_at_hand

STATES = ["draft", "running", "stopped", "shipped"]


class VariantOutput(serializers.Serializer[Any]):
    """An arm; A is the control. `weight` is its part of the split; `shows_nothing`: its slates are empty."""

    key = serializers.CharField()
    name = serializers.CharField()
    shows_nothing = serializers.BooleanField()
    weight = serializers.FloatField()
    policy_version = serializers.IntegerField(source="policy.version")


class StepOutput(serializers.Serializer[Any]):
    """From `day` after the start on the experiment takes this share of the visitors."""

    day = serializers.IntegerField()
    share = serializers.FloatField()


class ExperimentOutput(serializers.Serializer[Any]):
    """An experiment. `planned_visitors` is the total that its always-valid interval is tuned for; experiments of one
    `exclusion_group` never share a visitor; `decision`: why it was ended, as whoever ended it wrote. `traffic_share` is
    its share of the visitors now, which rises by the steps of `ramp`; of `audience` alone, where there is one. It
    starts and stops by itself at `starts_at` and `ends_at`."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    placement = serializers.CharField(source="placement.slug")
    state = serializers.ChoiceField(choices=STATES)
    primary_metric = serializers.CharField()
    traffic_share = serializers.FloatField()
    planned_visitors = serializers.IntegerField()
    window_days = serializers.IntegerField()
    exclusion_group = serializers.CharField(allow_blank=True)
    decision = serializers.CharField(allow_blank=True)
    variants = VariantOutput(many=True, source="variants.all")
    is_aa = serializers.BooleanField()
    audience = serializers.IntegerField(source="audience_id", allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    ramp = StepOutput(many=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class ExperimentListOutput(serializers.Serializer[Any]):
    """All experiments of the shop, newest first."""

    experiments = ExperimentOutput(many=True)


class VerdictOutput(serializers.Serializer[Any]):
    """The conclusion in words. `even`: all planned visitors came, no clear difference; `weigh` and `unproven`: B is
    better, but not all that is guarded is proven, at the end of the plan and before."""

    state = serializers.ChoiceField(choices=list(KINDS))
    word = serializers.CharField()
    sentence = serializers.CharField()
    because = serializers.CharField()


class EstimateOutput(serializers.Serializer[Any]):
    """A metric in A and B. `lift` is B against A, relative; `interval` its always-valid 95% interval.

    Both are null where there is not enough data.
    """

    metric = serializers.CharField(source="metric.key")
    control = serializers.FloatField(source="control_value", allow_null=True)
    treatment = serializers.FloatField(source="treatment_value", allow_null=True)
    lift = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True, min_length=2, max_length=2)
    conclusion = serializers.ChoiceField(choices=["up", "down", "unclear", "no_data"])


class GuardrailOutput(EstimateOutput):
    """A metric that must not get worse by more than `limit`: fall where `higher_is_better`, else rise."""

    limit = serializers.FloatField(source="metric.limit")
    higher_is_better = serializers.BooleanField(source="metric.higher_is_better")
    state = serializers.ChoiceField(choices=["fine", "harmed", "unsure", "none"])


class TrustOutput(serializers.Serializer[Any]):
    """`srm_p`: how likely so uneven a split is by chance; below 0.0005 no verdict is given."""

    visitors = serializers.DictField(child=serializers.IntegerField())
    srm_p = serializers.FloatField(allow_null=True)
    changed_sides = serializers.IntegerField()
    simulated = serializers.IntegerField()


class DayOutput(serializers.Serializer[Any]):
    """The deciding metric as it stood after the visitors of that day."""

    day = serializers.DateField()
    visitors = serializers.DictField(child=serializers.IntegerField())
    lift = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class RiskOutput(serializers.Serializer[Any]):
    """What is not ruled out, and must be accepted by its `key` where B shall be shipped all the same."""

    key = serializers.CharField()
    sentence = serializers.CharField()


class ResultsOutput(serializers.Serializer[Any]):
    """What an experiment has shown by `refreshed_at`. The first of `metrics` decides."""

    experiment = ExperimentOutput()
    refreshed_at = serializers.DateTimeField(source="experiment.refreshed_at", allow_null=True)
    verdict = VerdictOutput()
    risks = RiskOutput(many=True)
    metrics = EstimateOutput(many=True, source="estimates")
    guardrails = GuardrailOutput(many=True, source="guards")
    trust = TrustOutput()
    days = DayOutput(many=True)
    days_left = serializers.IntegerField(allow_null=True)


class ExperimentList(ShopView):
    """`GET` and `POST /experiments`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_experiments", summary="The shop's experiments", responses=ExperimentListOutput)
    def get(self, request: Request) -> Response:
        found = selectors.experiments_of(request.shop)
        return Response({"experiments": ExperimentOutput(found, many=True).data})

    @extend_schema(
        operation_id="draft_experiment",
        summary="Draft an experiment; it serves nobody until it is started",
        request=ExperimentInput,
        responses={201: ExperimentOutput},
    )
    def post(self, request: Request) -> Response:
        given = sent_body(ExperimentInput, request)
        placement = placement_at_hand(request.shop, given["placement"])
        experiment = services.create_experiment(
            placement=placement,
            arms=arms_of(request.shop, given),
            is_aa=given["is_aa"],
            name=given.get("name", ""),
            by=None,
            label=request.auth.prefix,
            terms=terms_of(given, placement),
        )
        return Response(shown(experiment), status=status.HTTP_201_CREATED)


class ExperimentDetail(ShopView):
    """`GET /experiments/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_experiment", summary="An experiment", responses=ExperimentOutput)
    def get(self, request: Request, experiment_id: int) -> Response:
        return Response(ExperimentOutput(selectors.experiment_of(request.shop, experiment_id)).data)


class ExperimentResults(ShopView):
    """`GET /experiments/{id}/results`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="get_experiment_results", summary="What an experiment has shown", responses=ResultsOutput
    )
    def get(self, request: Request, experiment_id: int) -> Response:
        experiment = selectors.experiment_of(request.shop, experiment_id)
        return Response(ResultsOutput(selectors.results_of(experiment)).data)


class ExperimentStart(ShopView):
    """`POST /experiments/{id}/start`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="start_experiment",
        summary="Split the visitors from the next slate on",
        request=None,
        responses={
            200: ExperimentOutput,
            409: OpenApiResponse(description="It was started before, or another one runs on its placement."),
        },
    )
    def post(self, request: Request, experiment_id: int) -> Response:
        experiment = selectors.experiment_of(request.shop, experiment_id)
        return Response(shown(services.begin_experiment(experiment=experiment, by=None, label=request.auth.prefix)))


class ExperimentStop(ShopView):
    """`POST /experiments/{id}/stop`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="stop_experiment",
        summary="End it: every visitor gets what is published",
        request=StopInput,
        responses={200: ExperimentOutput, 409: OpenApiResponse(description="It is not running.")},
    )
    def post(self, request: Request, experiment_id: int) -> Response:
        experiment, given = selectors.experiment_of(request.shop, experiment_id), sent_body(StopInput, request)
        return Response(
            shown(services.stop_experiment(experiment=experiment, by=None, label=request.auth.prefix, **given))
        )


class ExperimentShip(ShopView):
    """`POST /experiments/{id}/ship`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="ship_experiment",
        summary="End it, and publish B for everyone",
        request=ShipInput,
        responses={
            200: ExperimentOutput,
            409: OpenApiResponse(description="It is not running; or a risk that `fields` names was not accepted."),
        },
    )
    def post(self, request: Request, experiment_id: int) -> Response:
        experiment, given = selectors.experiment_of(request.shop, experiment_id), sent_body(ShipInput, request)
        return Response(
            shown(services.ship_experiment(experiment=experiment, by=None, label=request.auth.prefix, **given))
        )


def shown(experiment: Any) -> Any:
    return ExperimentOutput(selectors.experiment_of(experiment.shop, experiment.pk)).data
