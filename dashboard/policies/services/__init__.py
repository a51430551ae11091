"""Writes of placements, their drafts and their policies."""

from dashboard.policies.services.drafts import (
    discard_draft,
    draft_knobs,
    draft_rule,
    draft_without_rule,
    publish_draft,
)
from dashboard.policies.services.publishing import (
    DEFAULT_PLACEMENTS,
    MAX_RULES,
    add_rule,
    change_knobs,
    checked_terms,
    ensure_default_placements,
    placement_at_hand,
    placements_at_hand,
    propose_policy,
    publish_policy,
    publish_tested,
    publish_version,
    remove_rule,
    roll_back_policy,
    undo_publish,
)

__all__ = [
    "DEFAULT_PLACEMENTS",
    "MAX_RULES",
    "add_rule",
    "change_knobs",
    "checked_terms",
    "discard_draft",
    "draft_knobs",
    "draft_rule",
    "draft_without_rule",
    "ensure_default_placements",
    "placement_at_hand",
    "placements_at_hand",
    "propose_policy",
    "publish_draft",
    "publish_policy",
    "publish_tested",
    "publish_version",
    "remove_rule",
    "roll_back_policy",
    "undo_publish",
]
