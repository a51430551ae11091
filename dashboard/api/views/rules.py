"""The rules of a placement: what each does now, and what they leave to show."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.policies import services
from dashboard.policies.rule_pages import rule_rows
from dashboard.policies.rule_states import Reason, RuleState, State
from dashboard.policies.selectors import policy_published_now, products_to_show


class RuleOutput(serializers.Serializer[Any]):
    """A published rule. `items` of the catalog match, `in_stock` of them can be shown.

    `state`: it acts, waits for its start, is over, matches nothing, or is crowded out; then `reason` says why, and `by`
    is the place (from 0) of the rule that stands in its way, null where several do together or none. `position`: where
    a pin that acts really stands.
    """

    rule = serializers.DictField()
    state = serializers.ChoiceField(choices=[state.value for state in State])
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason], allow_null=True)
    by = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField(allow_null=True)
    items = serializers.IntegerField()
    in_stock = serializers.IntegerField()


class RuleListOutput(serializers.Serializer[Any]):
    """The rules of the published version in their order. `products_left`: how many products they leave for slates of
    `slate_size`, the variants of one counted once."""

    version = serializers.IntegerField()
    slate_size = serializers.IntegerField()
    products_left = serializers.IntegerField()
    rules = RuleOutput(many=True)


class RuleList(ShopView):
    """`GET /placements/{slug}/rules`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="list_rules", summary="What each rule of a placement does now", responses=RuleListOutput
    )
    def get(self, request: Request, slug: str) -> Response:
        placement = services.placement_at_hand(request.shop, slug)
        policy = policy_published_now(placement)
        rows = rule_rows(request.shop, placement, policy.rules)
        answer = {
            "version": policy.version,
            "slate_size": placement.slate_size,
            "products_left": products_to_show(placement, policy),
            "rules": [_shown(row.state) for row in rows],
        }
        return Response(RuleListOutput(answer).data)


def _shown(state: RuleState) -> dict[str, Any]:
    return {
        "rule": state.rule.to_dict(),
        "state": state.state.value,
        "reason": state.reason.value if state.reason else None,
        "by": state.by,
        "position": state.position,
        "items": state.items,
        "in_stock": state.servable,
    }
