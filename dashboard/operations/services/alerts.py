"""Raise alerts, tell of them, end them. Safe to run twice at once, and after a crash: what was not told is told."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from dashboard.core import clock
from dashboard.operations.channels import CHANNELS, Channel
from dashboard.operations.conditions import conditions
from dashboard.operations.models import Alert
from dashboard.operations.services.failures import forget_old_failures

KEPT = timedelta(days=90)
BEGAN, ENDED = "began", "ended"


def watch(*, now: datetime | None = None) -> None:
    """Look at what needs somebody, and tell what is new of it by every channel that there is."""
    now = now or clock.now()
    _settle(now)
    for alert_id in _to_tell():
        _tell(alert_id)
    Alert.objects.filter(ended_at__lt=now - KEPT).delete()
    forget_old_failures()


def _settle(now: datetime) -> None:
    found = {condition.key: condition for condition in conditions(now)}
    for alert in Alert.objects.filter(ended_at=None):
        if (condition := found.pop((alert.kind, alert.subject), None)) is None:
            Alert.objects.filter(pk=alert.pk, ended_at=None).update(ended_at=now)
        elif condition.facts != alert.facts:
            Alert.objects.filter(pk=alert.pk).update(facts=condition.facts)
    fresh = [Alert(kind=one.kind, subject=one.subject, facts=one.facts, began_at=now) for one in found.values()]
    Alert.objects.bulk_create(fresh, ignore_conflicts=True)


def _to_tell() -> list[int]:
    """Those of which some channel does not know the latest."""
    rows = Alert.objects.filter(Q(ended_at=None) | ~Q(told={})).order_by("pk")
    return [alert.pk for alert in rows if any(_is_news(alert, channel) for channel in CHANNELS)]


def _is_news(alert: Alert, channel: Channel) -> bool:
    known = alert.told.get(channel.name)
    if not channel.is_open() or known == _state(alert):
        return False
    return known is not None or alert.ended_at is None  # who never heard of it needs not hear of its end


def _state(alert: Alert) -> str:
    return BEGAN if alert.ended_at is None else ENDED


def _tell(alert_id: int) -> None:
    """One teller at a time has the row; a channel that fails is tried again with the next look."""
    with transaction.atomic():
        alert = Alert.objects.select_for_update(skip_locked=True).filter(pk=alert_id).first()
        if alert is None:
            return
        news = [channel for channel in CHANNELS if _is_news(alert, channel)]
        alert.told |= {channel.name: _state(alert) for channel in news if channel.tell(alert)}
        alert.save(update_fields=["told"])
