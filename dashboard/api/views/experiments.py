"""Experiments: which there are, and what each has shown so far."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
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
from dashboard.api.views.experiment_outputs import ExperimentListOutput, ExperimentOutput, ResultsOutput
from dashboard.experiments import selectors, services
from dashboard.policies.services import placement_at_hand


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
        operation_id="get_experiment_results",
        summary="What an experiment has shown",
        responses=ResultsOutput,
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
        summary="End it, and publish a variant for everyone",
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
