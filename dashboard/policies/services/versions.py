"""Versions that a program drafts, to be looked at and published by whoever it asks: each holds all terms of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import User
from dashboard.accounts.services import record_audit
from dashboard.core import errors
from dashboard.policies.models import Placement, Policy
from dashboard.policies.services.overrides import checked_overrides
from dashboard.policies.services.publishing import (
    NOTE_MAX_LENGTH,
    locked_policy,
    propose_policy,
    publish_version,
    roll_back_policy,
)


@transaction.atomic
def draft_version(
    *,
    placement: Placement,
    knobs: Mapping[str, Any],
    rules: Sequence[Any] | None,
    overrides: Sequence[Any] | None = None,
    note: str = "",
    by: User | None = None,
    label: str = "",
) -> Policy:
    """A version that serves nobody yet: knobs that are left out, and rules and overrides where none are given, are as
    published.

    `origin_version` of it is the version that it was made from. Raises `Invalid`.
    """
    published = locked_policy(placement)
    whole = {**published.knobs, **knobs}
    laid = published.overrides if overrides is None else checked_overrides(placement.shop, overrides, whole)
    policy = propose_policy(
        placement=placement,
        knobs=whole,
        overrides=laid,
        rules=published.rules if rules is None else rules,
        by=by,
        note=note,
        origin=Policy.Origin.API,
        origin_version=published.version,
    )
    record_audit(
        shop=placement.shop,
        actor=by,
        action="policy.drafted",
        subject=placement.slug,
        label=label,
        version=policy.version,
        note=policy.note,
    )
    return policy


@transaction.atomic
def publish_stored(*, policy: Policy, by: User | None = None, note: str = "", label: str = "") -> Policy:
    """Serve a version by its key: a draft of the API as it is, one that was served before as a new version.

    Raises `Conflict` where it serves already, where it belongs to an experiment, and where the draft was made from a
    version that is not the published one any more: what was published since would be undone unseen.
    """
    published = locked_policy(policy.placement)
    if policy.pk == published.pk:
        raise errors.Conflict(_("Version %(version)s is published already.") % {"version": policy.version})
    if policy.published_at is not None:
        return roll_back_policy(placement=policy.placement, to=policy, by=by, note=note, label=label)
    if policy.origin != Policy.Origin.API:
        raise errors.Conflict(_("This version is the variant of an experiment; it is published with the experiment."))
    if policy.origin_version != published.version:
        raise errors.Conflict(
            _("Version %(now)s was published after this draft was made from version %(base)s; draft it again.")
            % {"now": published.version, "base": policy.origin_version}
        )
    if note:
        policy.note = note[:NOTE_MAX_LENGTH]
        policy.save(update_fields=["note"])
    publish_version(policy=policy, by=by, label=label)
    return policy
