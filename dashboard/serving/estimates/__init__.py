"""What another policy of a placement would have brought, from the slates that were served there."""

from dashboard.serving.estimates.decisions import decisions_of
from dashboard.serving.estimates.estimate import MetricEstimate, PolicyEstimate, Reason, estimate_of
from dashboard.serving.estimates.reading import MOST_SLATES, WINDOW_DAYS
from dashboard.serving.estimates.shelf import forget_prepared
from dashboard.serving.estimates.tables import METRICS

__all__ = [
    "METRICS",
    "MOST_SLATES",
    "WINDOW_DAYS",
    "MetricEstimate",
    "PolicyEstimate",
    "Reason",
    "decisions_of",
    "estimate_of",
    "forget_prepared",
]
