"""Who works on a run: a lease with a fencing token, renewed by heartbeats.

Whoever holds the token may write; each new lease raises it, so a worker that slept through its lease changes nothing.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from dashboard.core import clock
from dashboard.core.turns import decide_alone, in_turn
from dashboard.training import states
from dashboard.training.models import Run

MAX_ATTEMPTS = 3
TURNS = 0x54524E  # the lock under which workers decide whose turn it is


class CancelRequested(Exception):
    """Somebody asked for the run to end."""


@dataclass(frozen=True)
class Timing:
    """How patient workers are. A lost worker is noticed `lease_seconds` after its last beat; with the sweep each 15 s
    a cancel takes 40 s at most even then."""

    lease_seconds: float = 25.0
    tick_seconds: float = 1.0  # between two writes of progress
    grace_seconds: float = 5.0  # between asking a trainer to end and killing it


@dataclass(frozen=True)
class Lease:
    """The right to work on a run; `run` is as it was when the lease was taken."""

    run: Run
    token: int
    timing: Timing = field(default_factory=Timing)

    def beat(self, *, extra_seconds: float = 0.0, **changes: Any) -> None:
        """Renew, and write `changes` of the run. `extra_seconds` covers a step that cannot beat meanwhile.

        Raises `LeaseLost` where another worker has the run or it has ended, `CancelRequested` where it was asked to.
        """
        now = clock.now()
        expires_at = now + timedelta(seconds=self.timing.lease_seconds + extra_seconds)
        rows = Run.objects.filter(
            pk=self.run.pk, fencing_token=self.token, state__in=[Run.State.RUNNING, Run.State.EVALUATING]
        )
        if not rows.update(heartbeat_at=now, lease_expires_at=expires_at, **changes):
            raise states.LeaseLost(f"Run {self.run.pk} is no longer ours (token {self.token}).")
        if rows.filter(cancel_requested_at__isnull=False).exists():
            raise CancelRequested

    def move(self, to: str, **changes: Any) -> None:
        """Bring the run to another state, if it is still ours."""
        states.move(self.run.pk, to, token=self.token, **changes)


@transaction.atomic
def take_lease(run_id: int, timing: Timing, *, exactly: bool = False) -> Lease | None:
    """Start an attempt of the queued run whose turn it is: of the shop whose last run ended longest ago, so that one
    that asks again and again delays the others by one run. As many messages come as there are runs. None where none is
    queued for workers: taken by another worker, ended, or gone. `exactly`: that run, whoever waits."""
    chosen = run_id if exactly else _next_in_turn()
    queued = Run.objects.select_for_update().select_related("shop").filter(state=Run.State.QUEUED)
    run = None if chosen is None else queued.filter(pk=chosen).first()
    if run is None:
        return None
    now = clock.now()
    states.move(
        run.pk,
        Run.State.RUNNING,
        attempt=run.attempt + 1,
        fencing_token=run.fencing_token + 1,
        lease_expires_at=now + timedelta(seconds=timing.lease_seconds),
        heartbeat_at=now,
        started_at=run.started_at or now,
        stage="snapshot",
        progress=0,
        stages=[],
    )
    run.refresh_from_db()
    return Lease(run, run.fencing_token, timing)


def _next_in_turn() -> int | None:
    """The run that a worker takes next; until this transaction ends no other worker chooses."""
    decide_alone(TURNS)
    waiting = Run.objects.filter(state=Run.State.QUEUED, enqueued_at__isnull=False)
    return in_turn(waiting).values_list("pk", flat=True).first()
