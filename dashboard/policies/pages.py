"""What the placement pages show, put together for their templates."""

from typing import Any

from dashboard.accounts.models import ApiKey, Shop
from dashboard.accounts.selectors import live_keys_of
from dashboard.catalog.picking import attribute_names
from dashboard.events.selectors import Day, latest_interactions
from dashboard.policies import option_words, selectors, services, wording
from dashboard.policies.fairness import exposures_so_far
from dashboard.policies.models import Placement, Policy
from dashboard.policies.rule_words import rule_sentence, supply_sentence
from dashboard.segments.selectors import active_segments, segment_members
from recommender.slate import KNOB_NAMES, Knobs, Rule

VISITOR_CHOICES = 8
NOTHING_IS_PICKED_AT = ("home", "email")
BASKETS = ("cart", "basket", "checkout")


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


def knobs_page(shop: Shop, placement: Placement, proposed: dict[str, float], published_now: int = 0) -> dict[str, Any]:
    """`proposed`: knobs that were moved and not kept; `published_now`: the version that this person just published."""
    page = frame(shop, placement, "knobs")
    published, kept = Knobs.from_dict(page["policy"].knobs), Knobs.from_dict(page["proposal"].knobs)
    fields = wording.knob_fields(published, kept, proposed)
    return page | {
        "main_knobs": [field for field in fields if field.words.is_main],
        "more_knobs": [field for field in fields if not field.words.is_main],
        "visitors": preview_visitors(shop),
        "picks": picked_at(placement.slug),
        "options": option_words.typed(kept),
        "attributes": ["brand", "category", *attribute_names(shop.pk)],
        "unsaved": wording.knob_changes(kept, Knobs.from_dict(kept.to_dict() | proposed)),
        "just_published": _just_published(page["policy"], published_now),
    }


def exposures_page(shop: Shop, placement: Placement) -> dict[str, Any]:
    knobs = Knobs.from_dict(selectors.proposal_of(placement).knobs)
    attribute = option_words.attribute_word(knobs.fairness_attribute)
    return {"exposures": exposures_so_far(shop, placement, knobs), "attribute": attribute}


def confirm_page(shop: Shop, placement: Placement, back_to: Policy | None = None) -> dict[str, Any]:
    """What is asked before a draft is published, or an earlier version served again."""
    page = frame(shop, placement, "confirm")
    draft: selectors.Proposal = page["proposal"]
    proposal = selectors.going_back(page["policy"], back_to) if back_to else draft
    return page | {
        "asked": proposal,
        "asked_changes": wording.proposal_changes(proposal),
        "question": wording.question(proposal.count, placement.name, back_to),
        "verb": wording.verb(proposal.count, back_to),
        "back_to": back_to,
        "rules_staying": len(proposal.rules) - len(proposal.added),
        "note_max_length": services.NOTE_MAX_LENGTH,
    }


def versions_page(shop: Shop, placement: Placement) -> dict[str, Any]:
    page = frame(shop, placement, "versions")
    policies = list(selectors.policy_versions(placement)[:50])
    published = Knobs.from_dict(page["policy"].knobs)
    return page | {
        "versions": [_version_row(policy, base) for policy, base in _with_base(policies)],
        "held_knobs": wording.knob_fields(published, published, {}),
        "held_rules": [rule_sentence(Rule.from_dict(rule)) for rule in page["policy"].rules],
    }


def embed_page(shop: Shop, placement: Placement, host: str) -> dict[str, Any]:
    key = live_keys_of(shop, ApiKey.Kind.PUBLISHABLE).first()
    return frame(shop, placement, "embed") | {
        "host": host.rstrip("/"),
        "key_prefix": key.prefix if key else "",
        "is_mail": placement.slug == "email",
    }


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


def picked_at(slug: str) -> str:
    """What a slate of this placement stands beside, to be picked for its preview: “product”, “basket” or nothing."""
    if slug in NOTHING_IS_PICKED_AT:
        return ""
    return "basket" if slug in BASKETS else "product"


def frame(shop: Shop, placement: Placement, tab: str) -> dict[str, Any]:
    """What every tab of a placement shows."""
    policy = selectors.policy_published_now(placement)
    return {
        "placement": placement,
        "policy": policy,
        "tab": tab,
        "shortage": _shortage(placement, policy),
        "proposal": (proposal := selectors.proposal_of(placement)),
        "seen": [(name, getattr(Knobs.from_dict(proposal.knobs), name)) for name in KNOB_NAMES],
        "draft_changes": wording.proposal_changes(proposal),
        "rule_count": len(policy.rules),
        "override_count": len(policy.overrides),
        "version_count": selectors.policy_versions(placement).count(),
        "numbers": selectors.placement_numbers(shop).get(placement.slug, Day()),
    }


def _shortage(placement: Placement, policy: Policy) -> dict[str, Any] | None:
    """What is said of a placement that has not enough to show, and the rule to look at."""
    found = selectors.shortage(placement, policy)
    if found is None:
        return None
    return {"left": found.left, "rule": found.rule, "sentence": supply_sentence(found.left, placement.slate_size)}


def _just_published(policy: Policy, version: int) -> dict[str, Any] | None:
    """What is told once after publishing; undone with one click where something was served before."""
    if policy.version != version:
        return None
    return {"policy": policy, "origin": wording.origin_sentence(policy), "before": selectors.policy_before(policy)}


def _with_base(policies: list[Policy]) -> list[tuple[Policy, Policy | None]]:
    """Each with the version that was published when it was made."""
    published = sorted((entry.published_at, entry.version, entry) for entry in policies if entry.published_at)
    return [
        (policy, next((entry for moment, _, entry in reversed(published) if moment < policy.created_at), None))
        for policy in policies
    ]


def _version_row(policy: Policy, base: Policy | None) -> dict[str, Any]:
    return {
        "policy": policy,
        "changes": wording.proposal_changes(selectors.going_back(base, policy)) if base else [],
        "origin": wording.origin_sentence(policy),
        "is_draft": policy.published_at is None and policy.origin == Policy.Origin.API,
    }
