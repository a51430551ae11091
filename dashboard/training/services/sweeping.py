"""Find runs that nobody works on any more, and queued ones that no worker was told of."""

from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.core import clock
from dashboard.core.tenancy import operator_scope
from dashboard.training import states
from dashboard.training.models import Run
from dashboard.training.reasons import Reason
from dashboard.training.services.lease import MAX_ATTEMPTS, Timing
from dashboard.training.services.runs import tell_workers

# A message is lost when the broker was down; a minute later it is sent again. A second copy is harmless.
ENQUEUE_AGAIN_AFTER = timedelta(seconds=60)


@operator_scope("lost runs of every shop are found by one job")
def sweep_runs(*, now: datetime | None = None, timing: Timing = Timing()) -> dict[str, int]:  # noqa: B008
    """Cancel, requeue, fail or enqueue again; returns how many of each. Safe to run anywhere, twice and at once."""
    now = now or clock.now()
    swept = {
        "cancelled": sum(_cancel(run) for run in _deaf(now, timing)),
        "requeued": 0,
        "failed": 0,
        "enqueued": sum(_enqueue_again(run, now) for run in _forgotten(now)),
    }
    for run in list(Run.objects.filter(state__in=_WORKED_ON, lease_expires_at__lt=now)):
        swept[_recover(run)] += 1
    return swept


_WORKED_ON = [Run.State.RUNNING, Run.State.EVALUATING]


def _deaf(now: datetime, timing: Timing) -> list[Run]:
    """Asked to end, and no beat since: the worker is gone."""
    silent_since = now - timedelta(seconds=timing.lease_seconds)
    return list(
        Run.objects.filter(state__in=_WORKED_ON, cancel_requested_at__isnull=False, heartbeat_at__lt=silent_since)
    )


def _forgotten(now: datetime) -> list[Run]:
    """Also those that somebody was to work on in person, and did not."""
    before = now - ENQUEUE_AGAIN_AFTER
    told_then, never_told = Q(enqueued_at__lt=before), Q(enqueued_at__isnull=True, created_at__lt=before)
    return list(Run.objects.filter(told_then | never_told, state=Run.State.QUEUED))


def _cancel(run: Run) -> bool:
    return _moved(run, Run.State.CANCELLED, Reason("cancelled"))


def _recover(run: Run) -> str:
    if run.attempt >= MAX_ATTEMPTS:
        _moved(run, Run.State.FAILED, Reason("worker_lost", {"attempts": run.attempt}))
        return "failed"
    if _moved(run, Run.State.QUEUED):
        tell_workers(run.pk)
    return "requeued"


def _moved(run: Run, to: str, reason: Reason | None = None) -> bool:
    """False where somebody else was faster, which is fine."""
    try:
        states.move(run.pk, to, token=run.fencing_token, **(reason.columns() if reason else {}))
    except (states.LeaseLost, states.IllegalMove):
        return False
    return True


def _enqueue_again(run: Run, now: datetime) -> bool:
    rows = Run.objects.filter(pk=run.pk, state=Run.State.QUEUED, enqueued_at=run.enqueued_at)
    if not rows.update(enqueued_at=now):
        return False
    tell_workers(run.pk)
    return True
