"""Reads: what exploring cost and found, and what new items were given."""

from dashboard.ledger.selectors.due import unsummed_days
from dashboard.ledger.selectors.launches import PERIODS as LAUNCH_PERIODS
from dashboard.ledger.selectors.launches import Launch, launches
from dashboard.ledger.selectors.report import PERIODS, Ledger, PlacementRow, Told, ledger_of, ledger_placements
from dashboard.ledger.selectors.trials import fair_trial_of
from dashboard.ledger.selectors.tried import Found, Tried, exploration_found
from dashboard.ledger.selectors.variants import VariantCost, variant_costs

__all__ = [
    "LAUNCH_PERIODS",
    "PERIODS",
    "Found",
    "Launch",
    "Ledger",
    "PlacementRow",
    "Told",
    "Tried",
    "VariantCost",
    "exploration_found",
    "fair_trial_of",
    "launches",
    "ledger_of",
    "ledger_placements",
    "unsummed_days",
    "variant_costs",
]
