"""Writes of placements, their drafts and their policies."""

from dashboard.policies.services.drafts import (
    discard_draft,
    draft_knobs,
    draft_rule,
    draft_without_rule,
    publish_draft,
)
from dashboard.policies.services.placements import (
    DEFAULT_PLACEMENTS,
    DEFAULT_SLATE_SIZE,
    MAX_SLATE_SIZE,
    change_placement,
    create_placement,
    ensure_default_placements,
    placement_at_hand,
    placements_at_hand,
)
from dashboard.policies.services.publishing import (
    MAX_RULES,
    NOTE_MAX_LENGTH,
    add_rule,
    change_knobs,
    checked_terms,
    propose_policy,
    publish_policy,
    publish_tested,
    publish_version,
    remove_rule,
    roll_back_policy,
    undo_publish,
)
from dashboard.policies.services.versions import draft_version, publish_stored

__all__ = [
    "DEFAULT_PLACEMENTS",
    "DEFAULT_SLATE_SIZE",
    "MAX_RULES",
    "MAX_SLATE_SIZE",
    "NOTE_MAX_LENGTH",
    "add_rule",
    "change_knobs",
    "change_placement",
    "checked_terms",
    "create_placement",
    "discard_draft",
    "draft_knobs",
    "draft_rule",
    "draft_version",
    "draft_without_rule",
    "ensure_default_placements",
    "placement_at_hand",
    "placements_at_hand",
    "propose_policy",
    "publish_draft",
    "publish_policy",
    "publish_stored",
    "publish_tested",
    "publish_version",
    "remove_rule",
    "roll_back_policy",
    "undo_publish",
]
