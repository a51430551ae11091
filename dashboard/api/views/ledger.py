"""What exploring cost and found, and what new items were given."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.core import errors
from dashboard.ledger.selectors import (
    LAUNCH_PERIODS,
    PERIODS,
    Ledger,
    launches,
    ledger_of,
    ledger_placements,
)
from dashboard.ledger.sums import Amount, LedgerSum


class LedgerQuery(StrictSerializer):
    """`placement`: of one of them; left out, of all."""

    days = serializers.ChoiceField(choices=PERIODS, default=PERIODS[1])
    placement = serializers.CharField(required=False, max_length=50)


class LaunchQuery(StrictSerializer):
    """How long ago an item may have arrived."""

    days = serializers.ChoiceField(choices=LAUNCH_PERIODS, default=LAUNCH_PERIODS[1])


class AmountOutput(serializers.Serializer[Any]):
    """An estimate, and the range of plausible values (95%)."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class LedgerSumOutput(serializers.Serializer[Any]):
    """`tried`: slots whose item would not have been shown otherwise. Costs are null where they cannot be told."""

    slates = serializers.IntegerField()
    visitors = serializers.IntegerField()
    slots = serializers.IntegerField()
    clicks = serializers.IntegerField()
    tried = serializers.IntegerField()
    tried_clicks = serializers.IntegerField()
    interests = serializers.IntegerField()
    cost_clicks = AmountOutput(allow_null=True)
    cost_money = AmountOutput(allow_null=True)


class LedgerDayOutput(LedgerSumOutput):
    """A day of the shop's calendar that is over."""

    day = serializers.DateField()


class LedgerPlacementOutput(LedgerSumOutput):
    """A placement of the period."""

    placement = serializers.CharField()


class FindingOutput(serializers.Serializer[Any]):
    """An item that graduated, or was rejected: clicks of so many slots that tell it, beside what usual ones get."""

    day = serializers.DateField()
    item_id = serializers.CharField()
    kind = serializers.CharField()
    shown = serializers.IntegerField()
    clicks = serializers.IntegerField()
    expected = serializers.FloatField()


class ReachOutput(serializers.Serializer[Any]):
    """Items that had been there for 28 days, and how many of them got at least 5 interactions in these."""

    day = serializers.DateField()
    items = serializers.IntegerField()
    reached = serializers.IntegerField()


class LedgerOutput(serializers.Serializer[Any]):
    """Days that are over, in the shop's zone; money in its currency."""

    since = serializers.DateField()
    closed_until = serializers.DateField(allow_null=True)
    days_not_summed = serializers.IntegerField(help_text="Days of the period that are over and not accounted yet.")
    currency = serializers.CharField()
    total = LedgerSumOutput()
    brought_back = AmountOutput()
    balance = AmountOutput(allow_null=True)
    placements = LedgerPlacementOutput(many=True)
    days = LedgerDayOutput(many=True)
    findings = FindingOutput(many=True)
    reach = ReachOutput(many=True)


class LaunchOutput(serializers.Serializer[Any]):
    """A new item: what it was given and earned, its worth beside usual items (1) with its range, and its outlook."""

    item_id = serializers.CharField()
    arrived_at = serializers.DateTimeField()
    rendered = serializers.IntegerField()
    clicks = serializers.IntegerField()
    carts = serializers.IntegerField()
    sales = serializers.IntegerField()
    money = serializers.FloatField()
    worth = AmountOutput()
    had_trial = serializers.BooleanField()
    outlook = serializers.CharField()


class LaunchListOutput(serializers.Serializer[Any]):
    """The newest first, 200 at most."""

    launches = LaunchOutput(many=True)


class LedgerView(ShopView):
    """`GET /ledger`."""

    permission_classes = [HasSecretKey]
    query = {"get": LedgerQuery}

    @extend_schema(
        operation_id="ledger",
        summary="What exploring cost and what it found",
        parameters=[LedgerQuery],
        responses=LedgerOutput,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request)
        placement = asked.get("placement", "")
        if placement and placement not in dict(ledger_placements(request.shop)):
            raise errors.NotFound("There is no such placement in this shop.")
        return Response(LedgerOutput(_ledger(ledger_of(request.shop, int(asked["days"]), placement))).data)


class LaunchList(ShopView):
    """`GET /launches`."""

    permission_classes = [HasSecretKey]
    query = {"get": LaunchQuery}

    @extend_schema(
        operation_id="launches",
        summary="New items, what each was given, and its outlook",
        parameters=[LaunchQuery],
        responses=LaunchListOutput,
    )
    def get(self, request: Request) -> Response:
        rows = [_launch(row) for row in launches(request.shop, int(self.asked(request)["days"]))]
        return Response(LaunchListOutput({"launches": rows}).data)


def _ledger(found: Ledger) -> dict[str, Any]:
    return {
        "since": found.period.start,
        "closed_until": found.closed_until,
        "days_not_summed": len(found.unsummed),
        "currency": found.shop.currency,
        "total": _sum(found.total),
        "brought_back": found.brought.money,
        "balance": found.balance,
        "placements": [{"placement": row.slug, **_sum(row.total)} for row in found.placements],
        "days": [{"day": day, **_sum(sums)} for day, sums in found.days.items()],
        "findings": [told.finding for told in found.findings],
        "reach": found.reach,
    }


def _sum(sums: LedgerSum) -> dict[str, Any]:
    costs: dict[str, Amount | None] = {"cost_clicks": None, "cost_money": None}
    if sums.tells_cost:
        costs = {"cost_clicks": sums.cost_clicks, "cost_money": sums.cost_money}
    return {**vars(sums), **costs}


def _launch(row: Any) -> dict[str, Any]:
    low, high = row.worth_range
    return {
        "item_id": row.item.item_id,
        "arrived_at": row.arrived_at,
        **vars(row.given),
        "worth": {"value": row.worth, "low": low, "high": high},
        "had_trial": row.had_trial,
        "outlook": row.outlook,
    }
