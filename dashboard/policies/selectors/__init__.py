"""Reads of placements, their drafts and their policies."""

from dashboard.policies.selectors.drafts import Proposal, proposal_of, rule_key
from dashboard.policies.selectors.policies import (
    PublishedPolicy,
    ServedPolicy,
    held_to,
    placement_by_slug,
    placement_numbers,
    placements_of,
    policy_before,
    policy_of,
    policy_published_now,
    policy_version,
    policy_versions,
    published_policies,
    published_policies_of,
    published_policy,
    rules_of_now,
    served_policy,
)

__all__ = [
    "Proposal",
    "PublishedPolicy",
    "ServedPolicy",
    "held_to",
    "placement_by_slug",
    "placement_numbers",
    "placements_of",
    "policy_before",
    "policy_of",
    "policy_published_now",
    "policy_version",
    "policy_versions",
    "proposal_of",
    "published_policies",
    "published_policies_of",
    "published_policy",
    "rule_key",
    "rules_of_now",
    "served_policy",
]
