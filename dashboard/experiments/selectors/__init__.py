"""Reads of experiments."""

from dashboard.experiments.assignment import CONTROL
from dashboard.experiments.selectors.audience import Trial, served_share, trial_on
from dashboard.experiments.selectors.concerning import Concerning, ServedOverride, concerning_segment
from dashboard.experiments.selectors.interleaving import Preferences, Screening, preferences_of, screening_for
from dashboard.experiments.selectors.lists import (
    archived_count,
    exclusion_groups,
    experiment_by_key,
    experiment_of,
    experiment_of_link,
    experiments_of,
    history_of,
    kept_assignments,
    moments_by_day,
    ready_count,
    ready_experiments,
    rule_changes_during,
    running_on,
    sorted_for_list,
)
from dashboard.experiments.selectors.marks import Mark, marks_during
from dashboard.experiments.selectors.own import deciding_metrics, metrics_of_shop, own_metric, own_metrics
from dashboard.experiments.selectors.own_preview import Preview, preview_of
from dashboard.experiments.selectors.planning import Plan, plan_for
from dashboard.experiments.selectors.register import Entry, Register, better_guesses, register_of
from dashboard.experiments.selectors.results import Results, results_of
from dashboard.experiments.selectors.summaries import Summary, summaries_of
from dashboard.experiments.selectors.variants import Difference, VariantRow, differences_of, variant_rows

__all__ = [
    "CONTROL",
    "Concerning",
    "Difference",
    "Entry",
    "Mark",
    "Plan",
    "Preferences",
    "Preview",
    "Register",
    "Results",
    "Screening",
    "ServedOverride",
    "Summary",
    "Trial",
    "VariantRow",
    "archived_count",
    "better_guesses",
    "concerning_segment",
    "deciding_metrics",
    "differences_of",
    "exclusion_groups",
    "experiment_by_key",
    "experiment_of",
    "experiment_of_link",
    "experiments_of",
    "history_of",
    "kept_assignments",
    "marks_during",
    "metrics_of_shop",
    "moments_by_day",
    "own_metric",
    "own_metrics",
    "plan_for",
    "preferences_of",
    "preview_of",
    "ready_count",
    "ready_experiments",
    "register_of",
    "results_of",
    "rule_changes_during",
    "running_on",
    "screening_for",
    "served_share",
    "sorted_for_list",
    "summaries_of",
    "trial_on",
    "variant_rows",
]
