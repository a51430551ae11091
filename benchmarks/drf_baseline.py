"""What ingest is compared with: `POST /events` as most would write it, with DRF's `many=True` and `bulk_create`.

A WSGI application for the same server, the same tables and the same events; without keys, conflicts or verdicts.
"""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.ROOT_URLCONF = "benchmarks.drf_baseline"
settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # it tells the length of answers
application = get_wsgi_application()

from django.urls import path  # noqa: E402  models and REST framework want Django set up
from rest_framework import serializers  # noqa: E402
from rest_framework.parsers import JSONParser  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from dashboard.core import clock  # noqa: E402
from dashboard.core.tenancy import shop_scope  # noqa: E402
from dashboard.events.models import EventKey, EventType, Interaction  # noqa: E402


class EventSerializer(serializers.Serializer[Any]):
    """The fields that the events of the benchmark have."""

    event_id = serializers.CharField(max_length=255)
    type = serializers.ChoiceField(choices=EventType.choices)
    visitor_id = serializers.CharField(max_length=255)
    session_id = serializers.CharField(max_length=255)
    item_id = serializers.CharField(max_length=255)
    timestamp = serializers.DateTimeField()
    placement = serializers.CharField(max_length=50)
    recommendation_id = serializers.UUIDField(required=False)


class Events(APIView):
    """Validate all, then two inserts in one transaction that ignore what is there."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (JSONParser,)

    def post(self, request: Request, shop_id: int) -> Response:
        serializer = EventSerializer(data=request.data["events"], many=True)
        serializer.is_valid(raise_exception=True)
        events, now = serializer.validated_data, clock.now()
        keys = [EventKey(shop_id=shop_id, event_id=event["event_id"], payload_hash=b"") for event in events]
        with shop_scope(shop_id):
            EventKey.objects.bulk_create(keys, ignore_conflicts=True)
            Interaction.objects.bulk_create([Interaction(shop_id=shop_id, received_at=now, **e) for e in events])
        return Response({"accepted": len(events)}, status=202)


urlpatterns = [path("<int:shop_id>/events", Events.as_view())]
