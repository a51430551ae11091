"""Writes of experiments."""

from dashboard.experiments.services.assign import VariantChoice, variant_for
from dashboard.experiments.services.forget import forget_visitor
from dashboard.experiments.services.moments import refresh_moments, refresh_running

__all__ = ["VariantChoice", "forget_visitor", "refresh_moments", "refresh_running", "variant_for"]
