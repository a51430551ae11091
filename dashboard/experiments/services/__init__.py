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
from dashboard.experiments.services.own_metrics import (
    MOST_METRICS,
    MetricTerms,
    archive_metric,
    change_metric,
    checked_terms,
    create_metric,
)
from dashboard.experiments.services.placements import remove_placement
from dashboard.experiments.services.rendered import MOST_VISITORS, Rendered, assign_visitors, record_rendered
from dashboard.experiments.services.report import revoke_reports, share_report
from dashboard.experiments.services.schedule import due_share, keep_schedule
from dashboard.experiments.services.shipping import ship_experiment
from dashboard.experiments.services.terms import GROUP_SHARE, MOST_STEPS, Terms

__all__ = [
    "DECISION_MAX_LENGTH",
    "GROUP_SHARE",
    "MOST_METRICS",
    "MOST_STEPS",
    "MOST_TAGS",
    "MOST_VARIANTS",
    "MOST_VISITORS",
    "TAG_MAX_LENGTH",
    "Arm",
    "MetricTerms",
    "Rendered",
    "Terms",
    "VariantChoice",
    "archive_metric",
    "assign_visitors",
    "begin_experiment",
    "change_metric",
    "checked_terms",
    "create_experiment",
    "create_metric",
    "due_share",
    "forget_running",
    "forget_visitor",
    "keep_prediction",
    "keep_schedule",
    "merge_visitor",
    "note_learning",
    "record_rendered",
    "refresh_moments",
    "refresh_running",
    "remove_placement",
    "revoke_reports",
    "share_report",
    "ship_experiment",
    "start_experiment",
    "stop_experiment",
    "try_draft",
    "variant_for",
    "variants_for",
]
