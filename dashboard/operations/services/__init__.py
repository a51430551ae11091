"""Writes: failed tasks kept and done again, alerts raised, told and ended."""

from dashboard.operations.services.alerts import watch
from dashboard.operations.services.failures import forget_old_failures, record_failure, retry_failure, retry_run

__all__ = ["forget_old_failures", "record_failure", "retry_failure", "retry_run", "watch"]
