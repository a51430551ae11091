"""Writes of experiments."""

from dashboard.experiments.services.assign import VariantChoice, variant_for

__all__ = ["VariantChoice", "variant_for"]
