"""Behaviour in."""

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request

from dashboard.api.fast_path import FastView
from dashboard.api.schema import body_of, sent_by_browsers
from dashboard.api.serializers import VerdictsOutput
from dashboard.events.bots import known_agent
from dashboard.events.services import record_events

_MEDIA_TYPES = ("application/json", "text/plain")


class EventCollection(FastView):
    """`POST /events`."""

    @extend_schema(
        operation_id="send_events",
        summary="Send what visitors did",
        description=(
            "Up to 500 events, each judged on its own: a bad one gets its verdict, the rest is stored before the "
            "answer. Sending the same events again is safe: each `event_id` is stored once. With "
            "`navigator.sendBeacon` send text/plain and the publishable key as `?key=`."
        ),
        parameters=sent_by_browsers("the events"),
        request=body_of("EventBatch", *_MEDIA_TYPES),
        responses={202: VerdictsOutput},
    )
    def post(self, request: Request) -> HttpResponse:
        kind = request.auth.kind
        agent = request.META.get("HTTP_USER_AGENT", "") if kind == "pk" else ""  # a backend is a program
        verdicts = record_events(
            shop=request.shop,
            raw=request.body,
            key_kind=kind,
            simulated=request.simulated,
            agent=known_agent(agent),
        )
        return HttpResponse(orjson.dumps(verdicts.as_dict()), "application/json", status.HTTP_202_ACCEPTED)
