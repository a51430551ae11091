"""Proposed and published policies. A published version never changes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.policies.models import Placement, Policy
from dashboard.policies.overrides import StoredOverride, overrides_of_now
from dashboard.policies.selectors.policies import (
    policy_before,
    policy_published_now,
    published_policies,
    rules_of_now,
)
from recommender.slate import KnobError, Knobs, Rule, RuleError

MAX_RULES = 200
NOTE_MAX_LENGTH = 200


def checked_terms(knobs: Mapping[str, Any], rules: Sequence[Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Knobs and rules as they are stored. Raises `Invalid` that names the field or the rule."""
    if len(rules) > MAX_RULES:
        raise errors.Invalid(_("A policy holds at most %(most)s rules.") % {"most": MAX_RULES})
    return _checked_knobs(knobs), [_checked_rule(position, rule) for position, rule in enumerate(rules, start=1)]


def _checked_knobs(knobs: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return _storable(Knobs.from_dict(knobs).to_dict())
    except KnobError as error:
        raise errors.Invalid(str(error), fields={error.field: error.reason}) from error
    except ValueError as error:
        message = _("The knobs hold a text or a number that cannot be stored.")
        raise errors.Invalid(message, fields={"knobs": message}) from error


def _checked_rule(position: int, rule: Any) -> dict[str, Any]:
    try:
        return _storable(Rule.from_dict(rule).to_dict())
    except RuleError as error:
        message = _("Rule %(position)s: %(problem)s") % {"position": position, "problem": error}
        raise errors.Invalid(message, fields={error.field: error.reason}) from error
    except ValueError as error:
        message = _("Rule %(position)s holds a text or a number that cannot be stored.") % {"position": position}
        raise errors.Invalid(message, fields={"rules": message}) from error


@transaction.atomic
def propose_policy(
    *,
    placement: Placement,
    knobs: Mapping[str, Any],
    rules: Sequence[Any],
    overrides: Sequence[StoredOverride] = (),
    by: User | None,
    note: str = "",
    origin: str = Policy.Origin.UNKNOWN,
    origin_version: int | None = None,
) -> Policy:
    """Store a new version that serves nobody yet: one that the API drafts, or the variant of an experiment.

    `overrides` are checked already (overrides.py).
    """
    checked_knobs, checked_rules = checked_terms(knobs, rules)
    lock_placement(placement)
    latest = Policy.objects.filter(placement=placement).aggregate(Max("version"))["version__max"] or 0
    return Policy.objects.create(
        placement=placement,
        version=latest + 1,
        knobs=checked_knobs,
        rules=checked_rules,
        overrides=list(overrides),
        note=note[:NOTE_MAX_LENGTH],
        origin=origin,
        origin_version=origin_version,
        created_by=by,
    )


@transaction.atomic
def publish_policy(
    *,
    placement: Placement,
    knobs: Mapping[str, Any],
    rules: Sequence[Any],
    overrides: Sequence[StoredOverride] = (),
    by: User | None,
    note: str = "",
    origin: str = Policy.Origin.UNKNOWN,
    origin_version: int | None = None,
    label: str = "",
) -> Policy:
    """Make a new version and serve it from the next request on."""
    policy = propose_policy(
        placement=placement,
        knobs=knobs,
        rules=rules,
        overrides=overrides,
        by=by,
        note=note,
        origin=origin,
        origin_version=origin_version,
    )
    publish_version(policy=policy, by=by, label=label)
    return policy


@transaction.atomic
def publish_version(*, policy: Policy, by: User | None, label: str = "") -> None:
    """Serve a version that exists already, for instance the winner of an experiment. `label`: the key that asked."""
    placement = policy.placement
    lock_placement(placement)
    earlier = Policy.objects.filter(placement=placement, is_published=True).first()
    serve_version(policy)
    record_audit(
        shop=placement.shop,
        actor=by,
        action="policy.published",
        subject=placement.slug,
        label=label,
        version=policy.version,
        note=policy.note,
        changes=differences(_served(earlier), _served(policy)),
    )


@transaction.atomic
def publish_tested(*, policy: Policy, against: Policy, by: User | None) -> Policy:
    """Serve a version that was tried against another. Rules that were added or taken away since then stay so, in a
    version of their own: a test of knobs must not bring back what a merchant has forbidden meanwhile."""
    published = locked_policy(policy.placement)
    rules = rules_of_now(policy.rules, against.rules, published.rules)
    overrides = overrides_of_now(policy.overrides, against.overrides, published.overrides)
    if (rules, overrides) == (policy.rules, policy.overrides):
        publish_version(policy=policy, by=by)
        return policy
    return publish_policy(
        placement=policy.placement,
        knobs=policy.knobs,
        rules=rules,
        overrides=overrides,
        by=by,
        origin=Policy.Origin.TESTED,
        origin_version=policy.version,
    )


@transaction.atomic
def roll_back_policy(
    *, placement: Placement, to: Policy, by: User | None, note: str = "", label: str = "", seen: int | None = None
) -> Policy:
    """Serve what an earlier version served, as a new version: history stays as it was.

    `seen`: the version that was published when this was decided; another one by now is a `Conflict`.
    """
    if to.placement_id != placement.pk:
        raise errors.NotFound(_("That version belongs to another placement."))
    if seen is not None and locked_policy(placement).version != seen:
        raise errors.Conflict(_("Another version was published meanwhile. Look at it before you decide."))
    return _serve_again(to, by, note=note, origin=Policy.Origin.BACK, label=label)


@transaction.atomic
def undo_publish(*, placement: Placement, version: int, by: User | None) -> Policy:
    """Serve again what was served before `version`, as a new version.

    Raises `Conflict` where `version` is no longer the one that is published: somebody would lose their change.
    """
    published = locked_policy(placement)
    if published.version != version:
        raise errors.Conflict(
            _("Version %(version)s is published by now; undoing yours would undo it too.")
            % {"version": published.version}
        )
    before = policy_before(published)
    if before is None:
        raise errors.Conflict(_("Nothing was published before; there is nothing to go back to."))
    return _serve_again(before, by, note="", origin=Policy.Origin.UNDO)


def _serve_again(policy: Policy, by: User | None, *, note: str, origin: str, label: str = "") -> Policy:
    return publish_policy(
        placement=policy.placement,
        knobs=policy.knobs,
        rules=policy.rules,
        overrides=policy.overrides,
        by=by,
        note=note,
        origin=origin,
        origin_version=policy.version,
        label=label,
    )


@transaction.atomic
def change_knobs(*, placement: Placement, knobs: Mapping[str, Any], by: User | None) -> Policy:
    """Publish a version with these knobs; those that are left out, and the rules, stay as they are."""
    published = locked_policy(placement)
    return _published_again(published, knobs={**published.knobs, **knobs}, by=by)


@transaction.atomic
def add_rule(*, placement: Placement, rule: Mapping[str, Any], by: User | None) -> Policy:
    """Publish a version with one rule more."""
    published = locked_policy(placement)
    rules = [*published.rules, rule]
    return _published_again(published, rules=rules, by=by)


def _published_again(published: Policy, *, by: User | None, **changed: Any) -> Policy:
    terms = {"knobs": published.knobs, "rules": published.rules, "overrides": published.overrides} | changed
    return publish_policy(placement=published.placement, by=by, **terms)


def _storable(document: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL takes neither NUL nor half a surrogate pair in JSON. Raises `ValueError`."""
    if "\0" in json.dumps(document, ensure_ascii=False).replace("\\u0000", "\0").encode().decode():
        raise ValueError("NUL")
    return document


def lock_placement(placement: Placement) -> None:
    """One change of a placement at a time."""
    Placement.objects.select_for_update().get(pk=placement.pk)


def locked_policy(placement: Placement) -> Policy:
    """The published policy, which nobody replaces before this transaction ends: what is laid over it is not lost."""
    lock_placement(placement)
    return policy_published_now(placement)


def _served(policy: Policy | None) -> dict[str, Any]:
    """What a version serves, for the audit trail; of rules and overrides only how many."""
    if policy is None:
        return {}
    return {**policy.knobs, "rules": len(policy.rules), "overrides": len(policy.overrides)}


def serve_version(policy: Policy) -> None:
    """From the next request on; nothing is checked and nothing noted."""
    Policy.objects.filter(placement=policy.placement, is_published=True).update(is_published=False)
    policy.is_published, policy.published_at = True, clock.now()
    policy.save(update_fields=["is_published", "published_at"])
    published_policies.invalidate(policy.placement.shop_id)
