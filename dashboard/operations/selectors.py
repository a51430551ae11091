"""Reads: failed tasks and alerts."""

from datetime import timedelta

from django.db.models import Q

from dashboard.core import clock
from dashboard.operations.models import Alert, TaskFailure

SHOWN = timedelta(days=7)


def task_failures(limit: int = 50) -> list[TaskFailure]:
    """Of the last days, those that wait for somebody first."""
    rows = TaskFailure.objects.select_related("retried_by").filter(last_at__gte=clock.now() - SHOWN)
    return sorted(rows.order_by("-last_at")[:limit], key=lambda failure: failure.retried_at is not None)


def open_alerts() -> dict[tuple[str, str], Alert]:
    """By kind and subject."""
    return {(alert.kind, alert.subject): alert for alert in Alert.objects.filter(ended_at=None)}


def ended_alerts(limit: int = 10) -> list[Alert]:
    """Of the last days, the latest first."""
    rows = Alert.objects.filter(~Q(ended_at=None), ended_at__gte=clock.now() - SHOWN)
    return list(rows.order_by("-ended_at")[:limit])
