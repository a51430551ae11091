"""What a placement's draft would publish."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.accounts.models import User
from dashboard.policies.models import Draft, Placement, Policy
from dashboard.policies.overrides import StoredOverride, laid_over_overrides, override_changes
from dashboard.policies.selectors.policies import policy_published_now
from recommender.slate import Knobs

StoredRule = dict[str, Any]


@dataclass(frozen=True)
class Proposal:
    """A draft laid over the published version: its terms, and what of them is new.

    `moved`: {knob: value} of those that differ; `added` stand behind the rules that stay; `removed` are published ones.
    """

    published: Policy
    knobs: dict[str, Any]
    rules: list[StoredRule]
    moved: dict[str, Any]
    added: list[StoredRule]
    removed: list[StoredRule]
    overrides: list[StoredOverride]
    revision: int = 0
    edited_by: User | None = None
    edited_at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.moved or self.added or self.removed or self.changes_overrides)

    @property
    def changes_rules(self) -> bool:
        return bool(self.added or self.removed)

    @property
    def changes_overrides(self) -> bool:
        return self.overrides != self.published.overrides

    @property
    def changes_more(self) -> bool:
        """More than knobs."""
        return self.changes_rules or self.changes_overrides

    @property
    def override_changes(self) -> dict[str, Any]:
        """{"set", "removed", "order"} of what differs."""
        return override_changes(self.published.overrides, self.overrides)

    @property
    def count(self) -> int:
        """How many changes."""
        changes = self.override_changes
        of_overrides = len(changes.get("set", ())) + len(changes.get("removed", ())) + ("order" in changes)
        return len(self.moved) + len(self.added) + len(self.removed) + of_overrides


def proposal_of(placement: Placement) -> Proposal:
    """An empty one where nobody has drafted anything."""
    draft = Draft.objects.filter(placement=placement).select_related("edited_by").first()
    return laid_over(policy_published_now(placement), draft or Draft(placement=placement))


def laid_over(published: Policy, draft: Draft) -> Proposal:
    """What was published meanwhile stays; a knob that stands there by now, a rule that came or went, is no change."""
    standing = Knobs.from_dict(published.knobs).to_dict()
    moved = {name: value for name, value in draft.knobs.items() if standing.get(name) != value}
    added = [rule for rule in draft.rules_added if rule not in published.rules]
    removed = [rule for rule in published.rules if rule in draft.rules_removed]
    stay = [rule for rule in published.rules if rule not in removed]
    return Proposal(
        published=published,
        knobs=standing | moved,
        rules=[*stay, *added],
        moved=moved,
        added=added,
        removed=removed,
        overrides=laid_over_overrides(published.overrides, draft.overrides),
        revision=draft.revision,
        edited_by=draft.edited_by,
        edited_at=draft.edited_at,
    )


def going_back(published: Policy, to: Policy, *, rules_only: bool = False) -> Proposal:
    """What serving another version would change, an earlier one again, say."""
    standing, wanted = Knobs.from_dict(published.knobs).to_dict(), Knobs.from_dict(to.knobs).to_dict()
    return Proposal(
        published=published,
        knobs=wanted,
        rules=to.rules,
        moved={} if rules_only else {name: value for name, value in wanted.items() if standing[name] != value},
        added=[rule for rule in to.rules if rule not in published.rules],
        removed=[rule for rule in published.rules if rule not in to.rules],
        overrides=published.overrides if rules_only else to.overrides,
    )


def rule_key(rule: Mapping[str, Any]) -> str:
    """16 hexadecimal digits that name a rule by what it says: where it stands may change under a page."""
    canonical = json.dumps(rule, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def rule_by_key(rules: Sequence[StoredRule], key: str) -> StoredRule | None:
    return next((rule for rule in rules if rule_key(rule) == key), None)
