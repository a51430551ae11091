"""Reads: which placements a shop has, and the policy that serves each now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.core.versioned import Versioned
from dashboard.events.selectors import Day, placement_totals
from dashboard.policies.models import Placement, Policy
from dashboard.policies.overrides import StoredOverride
from recommender.slate import Knobs, Rule, policy_hash

AnyRule = TypeVar("AnyRule")  # parsed or as stored
KPI_DAYS = 7
published_policies: Versioned["PublishedPolicy"] = Versioned("policies")


@dataclass(frozen=True)
class ServedPolicy:
    """A policy, parsed once and ready to make slates."""

    id: int
    version: int
    knobs: Knobs
    rules: tuple[Rule, ...]
    digest: str
    overrides: tuple["Override", ...] = ()


@dataclass(frozen=True)
class Override:
    """What a policy changes for an audience: `policy` is the whole that its visitors are served with."""

    stored: StoredOverride
    policy: ServedPolicy

    @property
    def audience_id(self) -> int:
        return int(self.stored["audience"])


@dataclass(frozen=True)
class PublishedPolicy:
    """A placement and the policy that it is served with now."""

    placement_id: int
    slug: str
    name: str
    slate_size: int
    policy: ServedPolicy


def served_policy(policy: Policy) -> ServedPolicy:
    """Parse the stored JSON of any version; experiments serve unpublished ones."""
    knobs, rules = Knobs.from_dict(policy.knobs), tuple(Rule.from_dict(rule) for rule in policy.rules)
    served = ServedPolicy(policy.pk, policy.version, knobs, rules, policy_hash(knobs, rules))
    return with_overrides(served, policy.overrides)


def with_overrides(policy: ServedPolicy, overrides: Sequence[StoredOverride]) -> ServedPolicy:
    """The policy with what it changes for audiences, each laid over it ready to serve."""
    return replace(policy, overrides=tuple(Override(stored, _overridden(policy, stored)) for stored in overrides))


def _overridden(policy: ServedPolicy, stored: StoredOverride) -> ServedPolicy:
    knobs = Knobs.from_dict({**policy.knobs.to_dict(), **stored["knobs"]})
    rules = (*policy.rules, *(Rule.from_dict(rule) for rule in stored["rules"]))
    return replace(policy, knobs=knobs, rules=rules, digest=policy_hash(knobs, rules), overrides=())


def held_to(variant: ServedPolicy, control: ServedPolicy, published: ServedPolicy) -> ServedPolicy:
    """The policy of a variant under the rules of now: a merchant who adds a rule or takes one away does so for every
    visitor at once, alike in all variants of a running experiment. Knobs, overrides, and what a variant itself does
    with rules, stay as they are tested."""
    rules = tuple(rules_of_now(variant.rules, control.rules, published.rules))
    if rules == variant.rules:
        return variant
    held = replace(variant, rules=rules, digest=policy_hash(variant.knobs, rules))
    return with_overrides(held, [override.stored for override in variant.overrides])


def rules_of_now(own: Sequence[AnyRule], against: Sequence[AnyRule], published: Sequence[AnyRule]) -> list[AnyRule]:
    """The published rules, with what a policy adds to those it was tested against and without what it leaves out."""
    stay = [rule for rule in published if rule in own or rule not in against]
    return [*stay, *(rule for rule in own if rule not in against and rule not in stay)]


def placements_of(shop: Shop) -> QuerySet[Placement]:
    return Placement.objects.filter(shop=shop).order_by("pk")


def placement_by_slug(shop: Shop, slug: str) -> Placement:
    """Raises `NotFound` that names the placements there are."""
    placement = Placement.objects.filter(shop=shop, slug=slug).first()
    if placement is None:
        raise unknown_placement(shop.pk, slug)
    return placement


def unknown_placement(shop_id: int, slug: str) -> errors.NotFound:
    known = ", ".join(Placement.objects.filter(shop_id=shop_id).order_by("pk").values_list("slug", flat=True)[:20])
    message = _("There is no placement “%(slug)s” in this shop. Placements here: %(known)s.") % {
        "slug": slug[:50],
        "known": known or _("none yet"),
    }
    return errors.NotFound(message, fields={"placement": "unknown"})


def published_policy(*, shop_id: int, slug: str) -> PublishedPolicy:
    """The placement with its published policy: parsed once per process; a publish counts at once in the process that
    published, in every other within a second (`core.versioned`).

    Raises `NotFound` that names the placements there are.
    """
    return published_policies.get(shop_id, slug, lambda: _load_published(shop_id, slug))


def _load_published(shop_id: int, slug: str) -> PublishedPolicy:
    policy = (
        Policy.objects.select_related("placement")
        .filter(placement__shop_id=shop_id, placement__slug=slug, is_published=True)
        .first()
    )
    if policy is None:
        raise unknown_placement(shop_id, slug)
    placement = policy.placement
    return PublishedPolicy(placement.pk, placement.slug, placement.name, placement.slate_size, served_policy(policy))


def policy_versions(placement: Placement) -> QuerySet[Policy]:
    """Newest first, with who made them."""
    return Policy.objects.filter(placement=placement).select_related("created_by").order_by("-version")


def policy_version(placement: Placement, version: int) -> Policy:
    policy = policy_versions(placement).filter(version=version).first()
    if policy is None:
        raise errors.NotFound(_("This placement has no version %(version)s.") % {"version": version})
    return policy


def policy_of(shop: Shop, policy_id: int) -> Policy:
    """Raises `NotFound`, for another shop's too."""
    found = Policy.objects.filter(placement__shop=shop, pk=policy_id).select_related("placement__shop").first()
    if found is None:
        raise errors.NotFound(_("There is no such version in this shop."))
    return found


def policy_before(policy: Policy) -> Policy | None:
    """The version that was served before this one; None of the first."""
    if policy.published_at is None:
        return None
    earlier = Q(published_at__lt=policy.published_at) | Q(published_at=policy.published_at, version__lt=policy.version)
    return policy_versions(policy.placement).filter(earlier).order_by("-published_at", "-version").first()


def published_policies_of(shop: Shop) -> QuerySet[Policy]:
    return Policy.objects.filter(placement__shop=shop, is_published=True)


def policy_published_now(placement: Placement) -> Policy:
    return policy_versions(placement).get(is_published=True)


def placement_numbers(shop: Shop) -> dict[str, Day]:
    """{placement slug: the sums of its last seven days}."""
    return placement_totals(shop, KPI_DAYS)
