"""Policies of a placement: the versions, a draft of a new one, and publishing it."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.experiments.selectors import served_share, trial_on
from dashboard.policies import selectors, services

MOST_A_PAGE = 100
STATES = ["draft", "variant", "published", "earlier"]


class OverrideInput(StrictSerializer):
    """What the policy changes for an audience: knobs that are left out are inherited, rules come to those of everyone.

    Of several the first whose audience the visitor belongs to acts.
    """

    audience = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    knobs = serializers.DictField(required=False, default=dict)
    rules = serializers.ListField(child=serializers.DictField(), max_length=services.MAX_RULES, default=list)


class PolicyInput(StrictSerializer):
    """A version to look at and to publish. Knobs that are left out are those that are published; so are the rules
    where `rules` is left out, which are the whole list otherwise."""

    knobs = serializers.DictField(required=False)
    rules = serializers.ListField(child=serializers.DictField(), max_length=services.MAX_RULES, required=False)
    overrides = serializers.ListField(child=OverrideInput(), max_length=services.MAX_OVERRIDES, required=False)
    note = serializers.CharField(max_length=services.NOTE_MAX_LENGTH, required=False, allow_blank=True)


class PublishInput(StrictSerializer):
    """`note` is what versions and the audit trail show; left out, it is that of the draft."""

    note = serializers.CharField(max_length=services.NOTE_MAX_LENGTH, required=False, allow_blank=True)


class PolicyOutput(serializers.Serializer[Any]):
    """A version. `served_share` is the share of the placement's visitors that are served with its knobs now: 0 of a
    published one that waits for the end of an experiment, whose variants have theirs. Rules act for everyone at once.

    `state`: a draft, the variant of an experiment, published, or published before. `based_on`: the version that it was
    made from or serves again.
    """

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    served_share = serializers.FloatField()
    knobs = serializers.DictField()
    rules = serializers.ListField(child=serializers.DictField())
    overrides = serializers.ListField(child=serializers.DictField())
    note = serializers.CharField()
    based_on = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)


class PolicyPage(serializers.Serializer[Any]):
    """Newest first; `next` is the `before` of the page that follows."""

    policies = PolicyOutput(many=True)
    next = serializers.IntegerField(allow_null=True)


class PolicyQuery(StrictSerializer):
    """Which part of a long list."""

    before = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_A_PAGE, default=MOST_A_PAGE)


class PolicyList(ShopView):
    """`GET` and `POST /placements/{slug}/policies`."""

    permission_classes = [HasSecretKey]
    query = {"get": PolicyQuery}

    @extend_schema(
        operation_id="list_policies",
        summary="The versions of a placement, newest first",
        parameters=[
            OpenApiParameter("before", int, description="Only versions below this one."),
            OpenApiParameter("limit", int, description=f"At most {MOST_A_PAGE}."),
        ],
        responses=PolicyPage,
    )
    def get(self, request: Request, slug: str) -> Response:
        asked = self.asked(request)
        placement = services.placement_at_hand(request.shop, slug)
        found = selectors.policy_versions(placement)
        if "before" in asked:
            found = found.filter(version__lt=asked["before"])
        page = list(found[: asked["limit"] + 1])
        shown, trial = page[: asked["limit"]], trial_on(placement)
        following = shown[-1].version if len(page) > len(shown) else None
        return Response(PolicyPage({"policies": [_shown(policy, trial) for policy in shown], "next": following}).data)

    @extend_schema(
        operation_id="draft_policy",
        summary="Draft a version; it serves nobody until it is published",
        request=PolicyInput,
        responses={201: PolicyOutput},
    )
    def post(self, request: Request, slug: str) -> Response:
        placement = services.placement_at_hand(request.shop, slug)
        given = PolicyInput(data=request.data)
        given.is_valid(raise_exception=True)
        terms = given.validated_data
        policy = services.draft_version(
            placement=placement,
            knobs=terms.get("knobs", {}),
            rules=terms.get("rules"),
            overrides=terms.get("overrides"),
            note=terms.get("note", ""),
            label=request.auth.prefix,
        )
        shown = PolicyOutput(_shown(policy, trial_on(placement)))
        return Response(shown.data, status=status.HTTP_201_CREATED)


class PolicyPublish(ShopView):
    """`POST /policies/{id}/publish`."""

    permission_classes = [HasSecretKey]

    @extend_schema(
        operation_id="publish_policy",
        summary="Publish a draft, or serve an earlier version again as a new one",
        request=PublishInput,
        responses={
            200: PolicyOutput,
            409: OpenApiResponse(description="It is published already, or another was since the draft was made."),
        },
    )
    def post(self, request: Request, policy_id: int) -> Response:
        policy = selectors.policy_of(request.shop, policy_id)
        given = PublishInput(data=request.data)
        given.is_valid(raise_exception=True)
        published = services.publish_stored(
            policy=policy, note=given.validated_data.get("note", ""), label=request.auth.prefix
        )
        return Response(PolicyOutput(_shown(published, trial_on(published.placement))).data)


def _shown(policy: Any, trial: Any) -> dict[str, Any]:
    return {
        "id": policy.pk,
        "version": policy.version,
        "state": _state(policy),
        "served_share": served_share(policy, trial),
        "knobs": policy.knobs,
        "rules": policy.rules,
        "overrides": policy.overrides,
        "note": policy.note,
        "based_on": policy.origin_version,
        "created_at": policy.created_at,
        "published_at": policy.published_at,
    }


def _state(policy: Any) -> str:
    if policy.is_published:
        return "published"
    if policy.published_at is not None:
        return "earlier"
    return "draft" if policy.origin == "api" else "variant"
