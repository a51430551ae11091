"""Reads for the overview: where the shop stands right now."""

from dataclasses import dataclass
from datetime import timedelta

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.models import Interaction
from dashboard.training.models import Run

LIVE_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Standing:
    """What the navigation shows on every page. `training_progress` is 0..1, None where no run is active."""

    events_a_minute: int
    training_progress: float | None
    experiments_ready: int = 0


def standing(shop: Shop) -> Standing:
    return Standing(events_a_minute=_events_a_minute(shop), training_progress=_training_progress(shop))


def _events_a_minute(shop: Shop) -> int:
    return Interaction.objects.filter(shop=shop, timestamp__gt=clock.now() - LIVE_WINDOW).count()


def _training_progress(shop: Shop) -> float | None:
    active = Run.objects.filter(shop=shop, state__in=Run.ACTIVE_STATES)
    return active.values_list("progress", flat=True).first()
