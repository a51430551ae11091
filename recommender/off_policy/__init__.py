"""Off-policy evaluation: what another policy would have earned, and whether the log can tell."""

from recommender.off_policy.estimators import Estimates, effective_sample, estimate
from recommender.off_policy.log import PolicyLog
from recommender.off_policy.verdict import MIN_EFFECTIVE, Verdict, judge, snips_interval

__all__ = [
    "MIN_EFFECTIVE",
    "Estimates",
    "PolicyLog",
    "Verdict",
    "effective_sample",
    "estimate",
    "judge",
    "snips_interval",
]
