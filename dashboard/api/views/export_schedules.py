"""Scheduled exports of audiences."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView, sent_body
from dashboard.api.serializers import StrictSerializer
from dashboard.api.views.export_jobs import FORMS, ExportOutput
from dashboard.exports import schedules, selectors

PERIODS = ["daily", "weekly"]


class ScheduleInput(StrictSerializer):
    """Which audience is written how often, and how many of its files are kept."""

    audience = serializers.IntegerField(min_value=1, max_value=2**62, help_text="Its id.")
    period = serializers.ChoiceField(choices=PERIODS, help_text="Weekly is every Monday.")
    form = serializers.ChoiceField(choices=FORMS, default="csv")
    kept = serializers.IntegerField(default=7, min_value=1, max_value=schedules.MOST_KEPT)


class ScheduleChange(StrictSerializer):
    """What is to change; what is left out stays."""

    period = serializers.ChoiceField(choices=PERIODS, required=False)
    form = serializers.ChoiceField(choices=FORMS, required=False)
    kept = serializers.IntegerField(required=False, min_value=1, max_value=schedules.MOST_KEPT)


class ScheduleOutput(serializers.Serializer[Any]):
    """A schedule: `due_at` is when the next file is written, at five in the morning by the shop's clock."""

    id = serializers.IntegerField()
    audience = serializers.IntegerField(source="audience_id")
    name = serializers.CharField(source="audience.name", help_text="Of the audience.")
    period = serializers.ChoiceField(choices=PERIODS)
    form = serializers.ChoiceField(choices=FORMS)
    kept = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class ScheduleListOutput(serializers.Serializer[Any]):
    """All of the shop, by the names of their audiences."""

    schedules = ScheduleOutput(many=True)


class ExportScheduleList(ShopView):
    """`GET` and `POST /export-schedules`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_export_schedules", summary="Scheduled exports", responses=ScheduleListOutput)
    def get(self, request: Request) -> Response:
        return Response(ScheduleListOutput({"schedules": selectors.schedules(request.shop)}).data)

    @extend_schema(
        operation_id="create_export_schedule",
        summary="Have an audience written every day or week",
        description="The first file is written within a minute; the newest `kept` stay until they are replaced.",
        request=ScheduleInput,
        responses={201: ScheduleOutput, 409: OpenApiResponse(description="The audience has a schedule already.")},
    )
    def post(self, request: Request) -> Response:
        wish = sent_body(ScheduleInput, request)
        audience_id, label = wish.pop("audience"), request.auth.prefix
        made = schedules.create_schedule(shop=request.shop, audience_id=audience_id, label=label, **wish)
        return Response(ScheduleOutput(made).data, status=status.HTTP_201_CREATED)


class ExportScheduleDetail(ShopView):
    """`GET`, `PATCH` and `DELETE /export-schedules/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_export_schedule", summary="A scheduled export", responses=ScheduleOutput)
    def get(self, request: Request, schedule_id: int) -> Response:
        return Response(ScheduleOutput(selectors.schedule(request.shop, schedule_id)).data)

    @extend_schema(
        operation_id="change_export_schedule",
        summary="Change a scheduled export",
        description="Another period counts from its next time on. Nothing is written at once: ask for that with `run`.",
        request=ScheduleChange,
        responses=ScheduleOutput,
    )
    def patch(self, request: Request, schedule_id: int) -> Response:
        wish, label = sent_body(ScheduleChange, request), request.auth.prefix
        changed = schedules.change_schedule(shop=request.shop, schedule_id=schedule_id, label=label, **wish)
        return Response(ScheduleOutput(changed).data)

    @extend_schema(
        operation_id="end_export_schedule",
        summary="End a scheduled export",
        description="Nothing is written any more; files that are there are kept for another day.",
        responses={204: None},
    )
    def delete(self, request: Request, schedule_id: int) -> Response:
        audience_id = selectors.schedule(request.shop, schedule_id).audience_id
        schedules.end_schedule(shop=request.shop, audience_id=audience_id, label=request.auth.prefix)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportScheduleRun(ShopView):
    """`POST /export-schedules/{id}/run`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="run_export_schedule",
        summary="Write a file of a schedule now",
        description="It is kept among the others, and the next time stays. `GET /exports/{id}` says how far it is.",
        request=None,
        responses={
            202: ExportOutput,
            403: OpenApiResponse(description="Fewer visitors than the shop's privacy lets be told."),
        },
    )
    def post(self, request: Request, schedule_id: int) -> Response:
        made = schedules.write_now(shop=request.shop, schedule_id=schedule_id, by=request.auth.prefix)
        return Response(ExportOutput(made).data, status=status.HTTP_202_ACCEPTED)
