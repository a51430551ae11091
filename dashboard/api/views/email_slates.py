"""Slates for e-mails, where no script runs."""

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer, Text
from dashboard.serving.email import email_slate
from dashboard.serving.types import SlateRequest

MOST_IN_A_MAIL = 20


class EmailSlateInput(StrictSerializer):
    """Whose mail, and how many items."""

    placement = Text(max_length=50, default="email")
    visitor_id = Text(max_length=255, trim_whitespace=False)
    n = serializers.IntegerField(min_value=1, max_value=MOST_IN_A_MAIL, default=4)


class EmailItemOutput(serializers.Serializer[Any]):
    """An item of a mail. `link` and `image` are null where the catalog has no address of it."""

    item_id = serializers.CharField()
    position = serializers.IntegerField()
    title = serializers.CharField()
    price = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    link = serializers.CharField(allow_null=True)
    image = serializers.CharField(allow_null=True)


class EmailSlateOutput(serializers.Serializer[Any]):
    """A slate of now: `html` to put into the mail as it is, or its parts for a template of yours."""

    recommendation_id = serializers.UUIDField()
    placement = serializers.CharField()
    html = serializers.CharField()
    items = EmailItemOutput(many=True)


class EmailSlates(ShopView):
    """`POST /email-slates`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="make_email_slate",
        summary="A slate for an e-mail",
        description=(
            "For whoever composes mails: links and pictures that need no script. A link leads to the item's own "
            "address and counts the click, a picture counts that it was seen, each once. Both work without a key."
        ),
        request=EmailSlateInput,
        responses={201: EmailSlateOutput},
    )
    def post(self, request: Request) -> Response:
        given = EmailSlateInput(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = SlateRequest(shop=request.shop, simulated=request.simulated, **given.validated_data)
        slate = email_slate(
            wanted, lambda kind, token: request.build_absolute_uri(reverse(f"mail:{kind}", args=[token]))
        )
        html = render_to_string("serving/email.html", slate)
        return Response(EmailSlateOutput({**slate, "html": html}).data, status=status.HTTP_201_CREATED)
