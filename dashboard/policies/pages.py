"""What the placement pages show, put together for their templates."""

from typing import Any

from dashboard.accounts.models import ApiKey, Shop
from dashboard.accounts.selectors import live_keys_of
from dashboard.events.selectors import Day, latest_interactions
from dashboard.policies import selectors, services, wording
from dashboard.policies.models import Placement, Policy
from dashboard.policies.rule_words import supply_sentence
from dashboard.segments.selectors import active_segments, segment_members
from recommender.slate import Knobs

VISITOR_CHOICES = 8


def list_page(shop: Shop) -> dict[str, Any]:
    placements = services.placements_at_hand(shop)
    numbers = selectors.placement_numbers(shop)
    published = {policy.placement_id: policy for policy in selectors.published_policies_of(shop)}
    rows: list[dict[str, Any]] = [
        {
            "placement": placement,
            "knobs": Knobs.from_dict(published[placement.pk].knobs),
            "rules": len(published[placement.pk].rules),
            "version": published[placement.pk].version,
            "numbers": numbers.get(placement.slug, Day()),
        }
        for placement in placements
    ]
    total = sum(row["numbers"].slates for row in rows)
    best = max(rows, key=lambda row: row["numbers"].clicks_per_thousand or 0.0)
    return {"rows": rows, "slates": total, "best": best if best["numbers"].clicks else None}


def knobs_page(shop: Shop, placement: Placement, proposed: dict[str, float]) -> dict[str, Any]:
    page = frame(shop, placement, "knobs")
    published = Knobs.from_dict(page["policy"].knobs)
    fields = wording.knob_fields(published, proposed)
    return page | {
        "main_knobs": [field for field in fields if field.words.is_main],
        "more_knobs": [field for field in fields if not field.words.is_main],
        "visitors": preview_visitors(shop),
    }


def versions_page(shop: Shop, placement: Placement) -> dict[str, Any]:
    page = frame(shop, placement, "versions")
    policies = list(selectors.policy_versions(placement)[:50])
    return page | {"versions": [_version_row(policy, older) for policy, older in _with_older(policies)]}


def embed_page(shop: Shop, placement: Placement, host: str) -> dict[str, Any]:
    key = live_keys_of(shop, ApiKey.Kind.PUBLISHABLE).first()
    return frame(shop, placement, "embed") | {"host": host.rstrip("/"), "key_prefix": key.prefix if key else ""}


def preview_visitors(shop: Shop) -> list[tuple[str, str]]:
    """(visitor id, segment name) of the surest member of each segment; visitors seen last where there are none."""
    examples = []
    for found in active_segments(shop)[:VISITOR_CHOICES]:
        members = segment_members(shop, found.number, limit=1).members
        examples += [(member.visitor_id, found.name) for member in members]
    if examples:
        return examples
    seen = [interaction.visitor_id for interaction in latest_interactions(shop.pk, limit=100)]
    return [(visitor_id, "") for visitor_id in dict.fromkeys(seen)][:VISITOR_CHOICES]


def frame(shop: Shop, placement: Placement, tab: str) -> dict[str, Any]:
    """What every tab of a placement shows."""
    policy = selectors.policy_published_now(placement)
    return {
        "placement": placement,
        "policy": policy,
        "tab": tab,
        "shortage": _shortage(placement, policy),
        "rule_count": len(policy.rules),
        "version_count": selectors.policy_versions(placement).count(),
        "numbers": selectors.placement_numbers(shop).get(placement.slug, Day()),
    }


def _shortage(placement: Placement, policy: Policy) -> dict[str, Any] | None:
    """What is said of a placement that has not enough to show, and the rule to look at."""
    found = selectors.shortage(placement, policy)
    if found is None:
        return None
    return {"left": found.left, "rule": found.rule, "sentence": supply_sentence(found.left, placement.slate_size)}


def _with_older(policies: list[Policy]) -> list[tuple[Policy, Policy | None]]:
    return list(zip(policies, [*policies[1:], None], strict=True))


def _version_row(policy: Policy, older: Policy | None) -> dict[str, Any]:
    before = Knobs.from_dict(older.knobs) if older else Knobs.from_dict(policy.knobs)
    return {
        "policy": policy,
        "changes": wording.knob_changes(before, Knobs.from_dict(policy.knobs)),
        "rules_changed": older is not None and older.rules != policy.rules,
        "rule_count": len(policy.rules),
        "origin": wording.origin_sentence(policy),
    }
