"""Off-policy evaluation: what another policy would have earned, and whether the log can tell."""

from recommender.off_policy.estimators import Estimates, effective_sample, estimate
from recommender.off_policy.floors import floor_that_would_do
from recommender.off_policy.log import PolicyLog
from recommender.off_policy.places import PlaceLog, change_by_places
from recommender.off_policy.reward_model import RewardModel, fit_rewards
from recommender.off_policy.slates import (
    Estimate,
    SlateLog,
    SlateVerdict,
    change_by_doubly_robust,
    change_by_snips,
    doubly_robust_of_slates,
    judge_slates,
    slate_log,
    snips_of_slates,
)
from recommender.off_policy.verdict import MIN_EFFECTIVE, Verdict, judge, snips_interval

__all__ = [
    "MIN_EFFECTIVE",
    "Estimate",
    "Estimates",
    "PlaceLog",
    "PolicyLog",
    "RewardModel",
    "SlateLog",
    "SlateVerdict",
    "Verdict",
    "change_by_doubly_robust",
    "change_by_places",
    "change_by_snips",
    "doubly_robust_of_slates",
    "effective_sample",
    "estimate",
    "fit_rewards",
    "floor_that_would_do",
    "judge",
    "judge_slates",
    "slate_log",
    "snips_interval",
    "snips_of_slates",
]
