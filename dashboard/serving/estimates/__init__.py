"""What another policy of a placement would have brought, from the slates that were served there."""

from dashboard.serving.estimates.decisions import decisions_of
from dashboard.serving.estimates.estimate import AT_ONCE, MetricEstimate, PolicyEstimate, Reason, estimate_of
from dashboard.serving.estimates.reading import MOST_SLATES, WINDOW_DAYS
from dashboard.serving.estimates.ready import make_ready
from dashboard.serving.estimates.shelf import forget_prepared
from dashboard.serving.estimates.tables import METRICS

__all__ = [
    "AT_ONCE",
    "METRICS",
    "MOST_SLATES",
    "WINDOW_DAYS",
    "MetricEstimate",
    "PolicyEstimate",
    "Reason",
    "decisions_of",
    "estimate_of",
    "forget_prepared",
    "make_ready",
]
