"""Writes of experiments."""

from dashboard.experiments.services.arms import MOST_VARIANTS, Arm
from dashboard.experiments.services.assign import VariantChoice, forget_running, variant_for, variants_for
from dashboard.experiments.services.forget import forget_visitor, merge_visitor
from dashboard.experiments.services.from_draft import try_draft
from dashboard.experiments.services.lifecycle import (
    DECISION_MAX_LENGTH,
    begin_experiment,
    create_experiment,
    start_experiment,
    stop_experiment,
)
from dashboard.experiments.services.moments import refresh_moments, refresh_running
from dashboard.experiments.services.notes import MOST_TAGS, TAG_MAX_LENGTH, keep_prediction, note_learning
from dashboard.experiments.services.placements import remove_placement
from dashboard.experiments.services.schedule import due_share, keep_schedule
from dashboard.experiments.services.shipping import ship_experiment
from dashboard.experiments.services.terms import GROUP_SHARE, MOST_STEPS, Terms

__all__ = [
    "DECISION_MAX_LENGTH",
    "GROUP_SHARE",
    "MOST_STEPS",
    "MOST_TAGS",
    "MOST_VARIANTS",
    "TAG_MAX_LENGTH",
    "Arm",
    "Terms",
    "VariantChoice",
    "begin_experiment",
    "create_experiment",
    "due_share",
    "forget_running",
    "forget_visitor",
    "keep_prediction",
    "keep_schedule",
    "merge_visitor",
    "note_learning",
    "refresh_moments",
    "refresh_running",
    "remove_placement",
    "ship_experiment",
    "start_experiment",
    "stop_experiment",
    "try_draft",
    "variant_for",
    "variants_for",
]
