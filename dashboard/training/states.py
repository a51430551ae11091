"""The state machine of a run: the one place that changes `Run.state`, by compare-and-set.

queued → running → evaluating → published | rejected; a rejected run may still be published by a merchant.
A worker that is lost, or a trainer that is killed, sends a run back to queued.
"""

from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from dashboard.core import clock, errors
from dashboard.training.models import Run

S = Run.State
LEGAL: dict[str, set[str]] = {
    S.QUEUED: {S.RUNNING, S.CANCELLED, S.FAILED},
    S.RUNNING: {S.EVALUATING, S.QUEUED, S.FAILED, S.CANCELLED},
    S.EVALUATING: {S.PUBLISHED, S.REJECTED, S.QUEUED, S.FAILED, S.CANCELLED},
    S.REJECTED: {S.PUBLISHED},
    S.PUBLISHED: set(),
    S.FAILED: set(),
    S.CANCELLED: set(),
}


class IllegalMove(errors.Conflict):
    """The run is not in a state from which it could get there."""


class LeaseLost(errors.Conflict):
    """Another worker has the run now, or it was ended: whoever gets this must stop and write nothing more."""


def move(run_id: int, to: str, *, token: int | None = None, **changes: Any) -> None:
    """Bring a run to the state `to`, together with other columns.

    With `token` only while the run carries that fencing token, so that a worker which lost its lease changes nothing.
    Raises `LeaseLost` or `IllegalMove`; then nothing was written.
    """
    sources = [source for source, targets in LEGAL.items() if to in targets]
    rows = Run.objects.filter(pk=run_id, state__in=sources)
    if token is not None:
        rows = rows.filter(fencing_token=token)
    if not rows.update(state=to, **_bookkeeping(to), **changes):
        raise _why_not(run_id, to, token)


def _bookkeeping(to: str) -> dict[str, Any]:
    if to in (S.RUNNING, S.EVALUATING):
        return {}
    if to == S.QUEUED:
        # a new token at once: whoever had the run is fenced off before the next worker takes it
        return {"lease_expires_at": None, "enqueued_at": clock.now(), "fencing_token": F("fencing_token") + 1}
    return {"lease_expires_at": None, "ended_at": Coalesce("ended_at", Value(clock.now()))}


def _why_not(run_id: int, to: str, token: int | None) -> errors.Conflict:
    found = Run.objects.filter(pk=run_id).values_list("state", "fencing_token").first()
    if found is None:
        return LeaseLost(f"Run {run_id} does not exist any more.")
    state, current_token = found
    if token is not None and (token != current_token or state not in Run.ACTIVE_STATES):
        return LeaseLost(f"Run {run_id} is {state} and belongs to another worker (token {current_token}, not {token}).")
    return IllegalMove(f"Run {run_id} is {state}; from there it cannot become {to}.")
