"""Trainings of the sample shop at its first start, by the train worker that already runs."""

import time
from collections.abc import Callable
from datetime import datetime

from dashboard.accounts.models import Shop
from dashboard.training import selectors, services
from dashboard.training.models import Artifact, Run
from dashboard.training.stages import label_of

POLL_SECONDS = 0.5
_TIMES = ("created_at", "enqueued_at", "started_at", "ended_at", "heartbeat_at")


def train(shop: Shop, report: Callable[[str, float], None], *, again: bool = False) -> Run | None:
    """A run to its end; one that an interrupted start left behind is followed, not doubled.

    None where there is a model and no other was asked for (`again`).
    """
    run = selectors.active_run(shop)
    if run is None and (again or selectors.active_artifact(shop) is None):
        run = services.start_run(shop=shop, preset=Run.Preset.FAST, trigger=Run.Trigger.COMMAND)
    while run and run.state in Run.ACTIVE_STATES:
        report(_doing(run), run.progress)
        time.sleep(POLL_SECONDS)
        run = selectors.run(shop, run.pk)
    return run


def date_run(run: Run, ended_at: datetime) -> None:
    """Let a run that has just ended have ended then, and what it published have been published then."""
    shift = (run.ended_at or run.created_at) - ended_at
    moved = {name: value - shift for name in _TIMES if (value := getattr(run, name))}
    Run.objects.filter(pk=run.pk).update(**moved)
    Artifact.objects.filter(run=run).update(created_at=ended_at, published_at=ended_at)


def _doing(run: Run) -> str:
    return str(label_of(run.stage)) if run.stage else "waiting for the worker"
