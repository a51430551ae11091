"""Overrides of a policy as they are stored: `[{"audience", "knobs", "rules"}]`, in the order in which they are tried.

An audience has at most one. What it does not name of the knobs is inherited; its rules come to those of everyone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

StoredOverride = dict[str, Any]
Overrides = Sequence[Mapping[str, Any]]


def laid_over_overrides(published: Overrides, changes: Mapping[str, Any]) -> list[StoredOverride]:
    """`published` with what a draft changes: {"set": [override], "removed": [audience], "order": [audience]}."""
    removed, changed = set(changes.get("removed", ())), {entry["audience"]: entry for entry in changes.get("set", ())}
    kept = [entry for entry in published if entry["audience"] not in removed]
    found = [dict(changed.pop(entry["audience"], entry)) for entry in kept]
    found += map(dict, changed.values())
    order = list(changes.get("order", ()))
    return sorted(found, key=lambda entry: order.index(entry["audience"]) if entry["audience"] in order else len(order))


def override_changes(published: Overrides, wanted: Overrides) -> dict[str, Any]:
    """The changes that make `wanted` of `published`; empty where they are the same."""
    before, after = ({entry["audience"]: dict(entry) for entry in entries} for entries in (published, wanted))
    changes: dict[str, Any] = {}
    if changed := [entry for audience, entry in after.items() if before.get(audience) != entry]:
        changes["set"] = changed
    if removed := [audience for audience in before if audience not in after]:
        changes["removed"] = removed
    if laid_over_overrides(published, changes) != list(after.values()):
        changes["order"] = list(after)
    return changes


def overrides_of_now(own: Overrides, against: Overrides, published: Overrides) -> list[StoredOverride]:
    """Those of a policy that was tested against another: its own where they are what was tested, else the published."""
    return [dict(entry) for entry in (published if own == against else own)]
