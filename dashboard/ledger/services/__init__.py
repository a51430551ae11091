"""Writes: days that are over, what became of the items that were tried, what a fair trial is."""

from dashboard.ledger.services.days import mark_days_of, sum_closed_days
from dashboard.ledger.services.trials import change_fair_trial

__all__ = ["change_fair_trial", "mark_days_of", "sum_closed_days"]
