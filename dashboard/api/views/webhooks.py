"""Webhooks: addresses of a shop that are told who enters and leaves its audiences."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView, sent_body
from dashboard.api.serializers import StrictSerializer, Text
from dashboard.core.fetching import shown_address
from dashboard.webhooks import selectors, services

PAGE = 100


def _ids(**options: Any) -> serializers.ListField:
    """Ids of audiences."""
    child = serializers.IntegerField(min_value=1, max_value=2**62)
    return serializers.ListField(child=child, max_length=100, **options)


class WebhookInput(StrictSerializer):
    """A webhook to be made. `audiences`: ids of those that it is told of."""

    url = Text(max_length=2000)
    audiences = _ids()


class WebhookChange(StrictSerializer):
    """What is to change; what is left out stays."""

    audiences = _ids(required=False)
    paused = serializers.BooleanField(required=False)


class ReplayInput(StrictSerializer):
    """One message, all from a moment on, or (neither given) all that were refused."""

    delivery = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    since = serializers.DateTimeField(required=False)


class WebhookOutput(serializers.Serializer[Any]):
    """A webhook. `url` without password and query; `problem` says why the last message did not arrive."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    audiences = serializers.ListField(child=serializers.IntegerField())
    paused = serializers.BooleanField()
    failures = serializers.IntegerField()
    problem = serializers.CharField(allow_blank=True)
    waiting = serializers.IntegerField()
    refused = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class NewWebhook(WebhookOutput):
    """With its secret, which is told this once."""

    secret = serializers.CharField()


class WebhookListOutput(serializers.Serializer[Any]):
    """All, oldest first."""

    webhooks = WebhookOutput(many=True)


class DeliveryOutput(serializers.Serializer[Any]):
    """A message. `status`: of the last answer; null: there was none."""

    id = serializers.IntegerField()
    message_id = serializers.CharField()
    audience = serializers.IntegerField(source="audience_id", allow_null=True)
    changes = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["waiting", "delivered", "refused", "withdrawn"])
    attempts = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    tried_at = serializers.DateTimeField(allow_null=True)


class DeliveriesOutput(serializers.Serializer[Any]):
    """A page of messages, newest first. `next`: what to ask for as `before`; null on the last."""

    deliveries = DeliveryOutput(many=True)
    next = serializers.IntegerField(allow_null=True)


class BeforeInput(StrictSerializer):
    """Where a page begins."""

    before = serializers.IntegerField(required=False, default=None, min_value=1, max_value=2**62)


class ReplayOutput(serializers.Serializer[Any]):
    """How many messages are sent again."""

    replayed = serializers.IntegerField()


class WebhookList(ShopView):
    """`GET` and `POST /webhooks`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="list_webhooks", summary="All webhooks", responses=WebhookListOutput)
    def get(self, request: Request) -> Response:
        return Response({"webhooks": [_told(found) for found in selectors.endpoints(request.shop)]})

    @extend_schema(
        operation_id="create_webhook",
        summary="Tell an address who enters and leaves audiences",
        request=WebhookInput,
        responses={201: NewWebhook, 409: OpenApiResponse(description="It is told already, or there are too many.")},
    )
    def post(self, request: Request) -> Response:
        sent = sent_body(WebhookInput, request)
        made = services.create_endpoint(
            shop=request.shop, url=sent["url"], audience_ids=sent["audiences"], by=None, label=request.auth.prefix
        )
        return Response({**_told(_found(request, made.endpoint.pk)), "secret": made.secret}, status=201)


class WebhookDetail(ShopView):
    """`GET`, `PATCH` and `DELETE /webhooks/{id}`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="get_webhook", summary="One webhook", responses=WebhookOutput)
    def get(self, request: Request, endpoint_id: int) -> Response:
        return Response(_told(_found(request, endpoint_id)))

    @extend_schema(
        operation_id="change_webhook",
        summary="Tell it of other audiences, pause it, or let it go on",
        request=WebhookChange,
        responses=WebhookOutput,
    )
    def patch(self, request: Request, endpoint_id: int) -> Response:
        found, sent = _found(request, endpoint_id), sent_body(WebhookChange, request)
        services.change_endpoint(
            endpoint=found,
            audience_ids=sent.get("audiences"),
            is_paused=sent.get("paused"),
            by=None,
            label=request.auth.prefix,
        )
        return Response(_told(_found(request, endpoint_id)))

    @extend_schema(operation_id="remove_webhook", summary="Remove a webhook and its log", responses={204: None})
    def delete(self, request: Request, endpoint_id: int) -> Response:
        services.remove_endpoint(endpoint=_found(request, endpoint_id), by=None, label=request.auth.prefix)
        return Response(status=204)


class WebhookRotate(ShopView):
    """`POST /webhooks/{id}/rotate`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="rotate_webhook",
        summary="A new secret",
        description="For a day messages are signed by the earlier one too.",
        request=None,
        responses={201: NewWebhook},
    )
    def post(self, request: Request, endpoint_id: int) -> Response:
        made = services.rotate_secret(endpoint=_found(request, endpoint_id), by=None, label=request.auth.prefix)
        return Response({**_told(_found(request, endpoint_id)), "secret": made.secret}, status=201)


class WebhookTest(ShopView):
    """`POST /webhooks/{id}/test`."""

    permission_classes = [HasSecretKey]

    @extend_schema(operation_id="test_webhook", summary="Send a test message", request=None, responses=DeliveryOutput)
    def post(self, request: Request, endpoint_id: int) -> Response:
        sent = services.send_test(endpoint=_found(request, endpoint_id), by=None, label=request.auth.prefix)
        return Response(DeliveryOutput(sent).data)


class WebhookDeliveries(ShopView):
    """`GET /webhooks/{id}/deliveries`."""

    permission_classes = [HasSecretKey]
    query: ClassVar = {"get": BeforeInput}

    @extend_schema(
        operation_id="list_deliveries",
        summary="Messages of the last 30 days",
        parameters=[BeforeInput],
        responses=DeliveriesOutput,
    )
    def get(self, request: Request, endpoint_id: int) -> Response:
        asked = self.asked(request)
        rows = list(selectors.deliveries(_found(request, endpoint_id), before=asked["before"])[: PAGE + 1])
        more = rows[PAGE - 1].pk if len(rows) > PAGE else None
        return Response(DeliveriesOutput({"deliveries": rows[:PAGE], "next": more}).data)


class WebhookReplay(ShopView):
    """`POST /webhooks/{id}/replay`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="replay_webhook",
        summary="Send messages again, under their ids",
        request=ReplayInput,
        responses={200: ReplayOutput, 409: OpenApiResponse(description="The message waits already.")},
    )
    def post(self, request: Request, endpoint_id: int) -> Response:
        found, sent = _found(request, endpoint_id), sent_body(ReplayInput, request)
        again = services.replay(
            endpoint=found,
            delivery_id=sent.get("delivery"),
            since=sent.get("since"),
            by=None,
            label=request.auth.prefix,
        )
        return Response({"replayed": again})


def _found(request: Request, endpoint_id: int) -> Any:
    return selectors.endpoint_of(request.shop, endpoint_id)


def _told(found: Any) -> dict[str, Any]:
    names = ("failures", "problem", "waiting", "refused", "created_at")
    return {
        "id": found.pk,
        "url": shown_address(found.url),
        "audiences": sorted(row.audience_id for row in found.subscriptions.all()),
        "paused": bool(found.paused_by),
        **{name: getattr(found, name) for name in names},
    }
