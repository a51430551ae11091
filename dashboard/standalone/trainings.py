"""Trainings of the sample shop at its first start, by the train worker that already runs."""

import time
from collections.abc import Callable
from datetime import datetime

from dashboard.accounts.models import Shop
from dashboard.segments.models import SegmentChange
from dashboard.training import selectors, services
from dashboard.training.models import Artifact, Run
from dashboard.training.reasons import sentence
from dashboard.training.stages import label_of

POLL_SECONDS = 0.5
_TIMES = ("created_at", "enqueued_at", "started_at", "ended_at", "heartbeat_at")


def train(
    shop: Shop,
    report: Callable[[str, float], None],
    *,
    again: bool = False,
    meanwhile: Callable[[], object] = lambda: None,
) -> Run | None:
    """A run to its end; one that an interrupted start left behind is followed, not doubled. `meanwhile`: what is done
    beside it, as it uses all cores for a part of its time only.

    None where there is a model and no other was asked for (`again`).
    """
    run = selectors.active_run(shop)
    if run is None and (again or selectors.active_artifact(shop) is None):
        run = services.start_run(shop=shop, preset=Run.Preset.FAST, trigger=Run.Trigger.COMMAND)
    meanwhile()
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
    artifacts = Artifact.objects.filter(run=run)
    artifacts.update(created_at=ended_at)
    artifacts.filter(published_at__isnull=False).update(published_at=ended_at)  # one that was held back never was
    shown = SegmentChange.objects.filter(shop=run.shop, artifact_id__in=artifacts.values("pk"))
    shown.update(first_shown_at=ended_at)


def why_unpublished(run: Run | None) -> str:
    """Why a run that was asked for brought no model; empty where it did, or none was."""
    if run is None or run.state == Run.State.PUBLISHED:
        return ""
    return f"run {run.pk} was {run.state}: {sentence(run.reason_code, run.reason_facts) or run.reason}"


def _doing(run: Run) -> str:
    return str(label_of(run.stage)) if run.stage else "waiting for the worker"
