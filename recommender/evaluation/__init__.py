"""Protocols and metrics. Always a full ranking over all items; ties never favour the target, no id breaks a tie."""
