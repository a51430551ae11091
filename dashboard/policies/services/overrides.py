"""Overrides per audience: checked, and gathered in the draft of a placement."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.audiences.selectors import audiences_by_id
from dashboard.core import errors
from dashboard.policies.models import Placement
from dashboard.policies.overrides import StoredOverride, override_changes
from dashboard.policies.selectors.drafts import Proposal, rule_key
from dashboard.policies.services.drafts import locked_draft, store_draft
from dashboard.policies.services.publishing import checked_terms

MAX_OVERRIDES = 20


def checked_overrides(shop: Shop, overrides: Sequence[Any], knobs: Mapping[str, Any]) -> list[StoredOverride]:
    """As they are stored. `knobs`: those that are inherited. Raises `Invalid` that names the override."""
    if len(overrides) > MAX_OVERRIDES:
        raise _invalid(_("A policy has at most %(most)s overrides.") % {"most": MAX_OVERRIDES})
    checked = [_checked(place, entry, knobs) for place, entry in enumerate(overrides, start=1)]
    audiences = [entry["audience"] for entry in checked]
    if len(set(audiences)) < len(audiences):
        raise _invalid(_("An audience has at most one override."))
    if missing := set(audiences) - set(audiences_by_id(shop, audiences)):
        raise _invalid(_("There is no audience %(id)s in this shop.") % {"id": min(missing)})
    return checked


def _checked(place: int, entry: Any, knobs: Mapping[str, Any]) -> StoredOverride:
    is_whole = isinstance(entry, Mapping) and set(entry) <= {"audience", "knobs", "rules"}
    audience = entry.get("audience") if is_whole else None
    if isinstance(audience, bool) or not isinstance(audience, int) or not 0 < audience < 2**63:
        raise _invalid(_("Override %(place)s is not {“audience”: id, “knobs”: {…}, “rules”: […]}.") % {"place": place})
    own, rules = entry.get("knobs", {}), entry.get("rules", [])
    if not isinstance(own, Mapping) or not isinstance(rules, list):
        raise _invalid(_("Override %(place)s: knobs are an object, rules a list.") % {"place": place})
    whole, checked_rules = checked_terms({**knobs, **own}, rules)
    return {"audience": audience, "knobs": {name: whole[name] for name in own}, "rules": checked_rules}


@transaction.atomic
def draft_override(
    *,
    placement: Placement,
    audience_id: int,
    knobs: Mapping[str, Any],
    rules: Sequence[Any] | None = None,
    by: User | None,
) -> Proposal:
    """Put an override for an audience into the draft, in place of the one that it has there, else as the last.

    `rules` None: those that it has. Raises `Invalid`.
    """
    draft, before = locked_draft(placement)
    earlier = next((entry for entry in before.overrides if entry["audience"] == audience_id), None)
    kept_rules = earlier["rules"] if earlier and rules is None else list(rules or ())
    wanted = {"audience": audience_id, "knobs": dict(knobs), "rules": kept_rules}
    entries = [wanted if entry is earlier else entry for entry in before.overrides]
    checked = checked_overrides(placement.shop, entries if earlier else [*entries, wanted], before.knobs)
    draft.overrides = override_changes(before.published.overrides, checked)
    return store_draft(draft, before, by)


@transaction.atomic
def draft_override_rule(
    *, placement: Placement, audience_id: int, rule: Mapping[str, Any], by: User | None
) -> Proposal:
    """Let a rule act for an audience beside those of everyone, in place of the same one; its override is made where it
    has none. Raises `Invalid`."""
    _draft, before = locked_draft(placement)
    knobs, rules = _own(before, audience_id)
    kept = [entry for entry in rules if rule_key(entry) != rule_key(rule)]
    return draft_override(placement=placement, audience_id=audience_id, knobs=knobs, rules=[*kept, rule], by=by)


@transaction.atomic
def draft_without_override_rule(*, placement: Placement, audience_id: int, key: str, by: User | None) -> Proposal:
    """Take a rule out of an override; one that changes nothing any more goes. Raises `NotFound`."""
    _draft, before = locked_draft(placement)
    knobs, rules = _own(before, audience_id)
    left = [entry for entry in rules if rule_key(entry) != key]
    if len(left) == len(rules):
        raise errors.NotFound(_("That rule is no longer there; load the page again."))
    if not left and not knobs:
        return draft_without_override(placement=placement, audience_id=audience_id, by=by)
    return draft_override(placement=placement, audience_id=audience_id, knobs=knobs, rules=left, by=by)


def _own(proposal: Proposal, audience_id: int) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
    """Knobs and rules of the override of an audience; none where it has no override."""
    found = next((entry for entry in proposal.overrides if entry["audience"] == audience_id), None)
    return (found["knobs"], found["rules"]) if found else ({}, [])


@transaction.atomic
def draft_without_override(*, placement: Placement, audience_id: int, by: User | None) -> Proposal:
    """Take the override of an audience out: it goes when the draft is published. Raises `NotFound`."""
    draft, before = locked_draft(placement)
    left = [entry for entry in before.overrides if entry["audience"] != audience_id]
    if len(left) == len(before.overrides):
        raise errors.NotFound(_("That override is no longer there; load the page again."))
    draft.overrides = override_changes(before.published.overrides, left)
    return store_draft(draft, before, by)


@transaction.atomic
def draft_override_earlier(*, placement: Placement, audience_id: int, by: User | None) -> Proposal:
    """Try the override of an audience before the one that is tried before it now. Raises `NotFound`."""
    draft, before = locked_draft(placement)
    order = [entry["audience"] for entry in before.overrides]
    if audience_id not in order:
        raise errors.NotFound(_("That override is no longer there; load the page again."))
    place = max(order.index(audience_id), 1)
    entries = list(before.overrides)
    entries[place - 1 : place + 1] = reversed(entries[place - 1 : place + 1])
    draft.overrides = override_changes(before.published.overrides, entries)
    return store_draft(draft, before, by)


def _invalid(message: str) -> errors.Invalid:
    return errors.Invalid(message, fields={"overrides": message})
