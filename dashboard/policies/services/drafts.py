"""The draft of a placement: changes gather in it, several people's, until one of them publishes it or throws it away.

Nobody's work is lost: changes are laid over what stands there now, a knob that two people move is a `Conflict`, and who
publishes or discards says which revision they have seen.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.policies.models import Draft, Placement, Policy
from dashboard.policies.selectors.drafts import Proposal, laid_over, rule_by_key
from dashboard.policies.selectors.policies import policy_published_now
from dashboard.policies.services.publishing import checked_terms, lock_placement, publish_policy


@transaction.atomic
def draft_knobs(
    *, placement: Placement, knobs: Mapping[str, Any], by: User | None, seen: Mapping[str, Any] | None = None
) -> Proposal:
    """Move knobs in the draft; those that are left out stay as they stand there.

    `seen`: where each knob stood when this person began. What they left there is not moved. Raises `Conflict`, by
    knob, where somebody else has moved one of theirs meanwhile, and `Invalid`.
    """
    draft, before = locked_draft(placement)
    seen = seen or {}
    moved = {name: value for name, value in knobs.items() if name not in seen or seen[name] != value}
    wanted, _rules = checked_terms({**before.knobs, **moved}, ())
    clashes = {
        name: str(before.knobs[name])
        for name in moved
        if name in seen and before.knobs[name] not in (seen[name], wanted[name])
    }
    if clashes:
        message = _("Somebody moved the same knob meanwhile. Look at theirs, and say which value it shall have.")
        raise errors.Conflict(message, fields=clashes)
    draft.knobs = before.moved | {name: wanted[name] for name in moved}
    return store_draft(draft, before, by)


@transaction.atomic
def draft_rule(*, placement: Placement, rule: Mapping[str, Any], by: User | None) -> Proposal:
    """Put a rule in; one that was to go stays. Raises `Invalid`, and `Conflict` where it is there already."""
    draft, before = locked_draft(placement)
    checked = checked_terms({}, [*before.rules, rule])[1][-1]
    if checked in before.rules:
        raise errors.Conflict(_("This rule is there already."), fields={"rule": "duplicate"})
    if checked in before.removed:
        draft.rules_removed = [entry for entry in before.removed if entry != checked]
    else:
        draft.rules_added = [*before.added, checked]
    return store_draft(draft, before, by)


@transaction.atomic
def draft_changed_rule(*, placement: Placement, key: str, rule: Mapping[str, Any], by: User | None) -> Proposal:
    """Put a rule in the place of the one that `rule_key` names. Raises as `draft_rule`, and `NotFound`."""
    draft, before = locked_draft(placement)
    earlier = rule_by_key(before.rules, key)
    if earlier is None:
        raise errors.NotFound(_("That rule is no longer there; load the page again."))
    checked = checked_terms({}, [rule])[1][0]
    if checked in before.rules:
        raise errors.Conflict(_("This rule is there already."), fields={"rule": "duplicate"})
    if earlier in before.added:
        draft.rules_added = [checked if entry == earlier else entry for entry in before.added]
    else:
        draft.rules_removed, draft.rules_added = [*before.removed, earlier], [*before.added, checked]
    return store_draft(draft, before, by)


@transaction.atomic
def draft_with_rule(*, placement: Placement, key: str, by: User | None) -> Proposal:
    """A published rule that was to go stays after all. Raises `NotFound`."""
    draft, before = locked_draft(placement)
    rule = rule_by_key(before.removed, key)
    if rule is None:
        raise errors.NotFound(_("That rule is no longer there."))
    draft.rules_removed = [entry for entry in before.removed if entry != rule]
    return store_draft(draft, before, by)


@transaction.atomic
def draft_without_rule(*, placement: Placement, key: str, by: User | None) -> Proposal:
    """Take a rule out, named by `rule_key`: a published one goes when the draft is published. Raises `NotFound`."""
    draft, before = locked_draft(placement)
    rule = rule_by_key(before.rules, key)
    if rule is None:
        raise errors.NotFound(_("That rule is no longer there."))
    if rule in before.added:
        draft.rules_added = [entry for entry in before.added if entry != rule]
    else:
        draft.rules_removed = [*before.removed, rule]
    return store_draft(draft, before, by)


@transaction.atomic
def discard_draft(*, placement: Placement, revision: int, by: User | None) -> None:
    """Throw away what is gathered. Raises `Conflict` where somebody added to it after `revision`."""
    draft, before = locked_draft(placement)
    _check_revision(before, revision)
    if not before.is_empty:
        _empty(draft)
        record_audit(
            shop=placement.shop, actor=by, action="draft.discarded", subject=placement.slug, changes=_changes(before)
        )


@transaction.atomic
def publish_draft(*, placement: Placement, revision: int, by: User | None, note: str = "") -> Policy:
    """Serve what is gathered as a new version, and begin an empty draft.

    Raises `Conflict` where the draft is no longer the one of `revision`, or changes nothing (any more).
    """
    draft, proposal = locked_draft(placement)
    _check_revision(proposal, revision)
    if proposal.is_empty:
        raise errors.Conflict(_("The draft changes nothing: there is nothing to publish."))
    policy = publish_policy(
        placement=placement,
        knobs=proposal.knobs,
        rules=proposal.rules,
        overrides=proposal.overrides,
        by=by,
        note=note,
        origin=Policy.Origin.DRAFT,
    )
    _empty(draft)
    return policy


def locked_draft(placement: Placement) -> tuple[Draft, Proposal]:
    """The draft, and what it proposes, while nobody else changes either."""
    lock_placement(placement)
    draft, _created = Draft.objects.get_or_create(placement=placement)
    return draft, laid_over(policy_published_now(placement), draft)


def store_draft(draft: Draft, before: Proposal, by: User | None) -> Proposal:
    """Keep what changed; what has become no change falls out. Nothing is written where nothing changed."""
    after = laid_over(before.published, draft)
    if _changed(after) == _changed(before):
        return before
    draft.knobs, draft.rules_added, draft.rules_removed = after.moved, after.added, after.removed
    draft.overrides = after.override_changes
    draft.revision += 1
    draft.edited_by, draft.edited_at = by, clock.now()
    draft.save()
    placement = draft.placement
    changes = differences(_terms(before), _terms(after))
    record_audit(shop=placement.shop, actor=by, action="draft.changed", subject=placement.slug, changes=changes)
    return laid_over(before.published, draft)


def _changed(proposal: Proposal) -> tuple[Any, ...]:
    return proposal.moved, proposal.added, proposal.removed, proposal.overrides


def _empty(draft: Draft) -> None:
    draft.knobs, draft.rules_added, draft.rules_removed, draft.overrides = {}, [], [], {}
    draft.revision += 1
    draft.edited_by, draft.edited_at = None, None
    draft.save()


def _check_revision(proposal: Proposal, revision: int) -> None:
    if proposal.revision != revision:
        raise errors.Conflict(_("The draft was changed meanwhile. Look at it again before you decide."))


def _terms(proposal: Proposal) -> dict[str, Any]:
    """For the audit trail; of rules and overrides only how many."""
    return {**proposal.knobs, "rules": len(proposal.rules), "overrides": len(proposal.overrides)}


def _changes(proposal: Proposal) -> dict[str, list[Any]]:
    published = {**proposal.knobs, **{name: proposal.published.knobs.get(name) for name in proposal.moved}}
    standing = {"rules": len(proposal.published.rules), "overrides": len(proposal.published.overrides)}
    return differences(_terms(proposal), published | standing)
