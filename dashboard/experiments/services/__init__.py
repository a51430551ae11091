"""Writes of experiments."""

from dashboard.experiments.services.assign import VariantChoice, variant_for
from dashboard.experiments.services.moments import refresh_moments, refresh_running

__all__ = ["VariantChoice", "refresh_moments", "refresh_running", "variant_for"]
