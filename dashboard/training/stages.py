"""The stages of a run as people see them: the library's stages and ours, in five steps."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from dashboard.core import clock
from dashboard.training.models import Run

Label = Any  # a lazy translation, or a str

STEPS: tuple[tuple[Label, tuple[str, ...]], ...] = (
    (_("Snapshot"), ("snapshot", "read")),
    (_("Interests"), ("encode", "rank")),
    (_("Segments"), ("segments",)),
    (_("Evaluate"), ("evaluate",)),
    (_("Publish"), ("write", "publish")),
)
MIN_PROGRESS_FOR_AN_ESTIMATE = 0.1
MIN_SECONDS_FOR_A_PACE = 5.0  # of the earlier run; shorter stretches say little of how fast this machine is today
PACE_MAX = 5.0


@dataclass(frozen=True)
class Step:
    """One step of a run. `state` is done, current or todo; `percent` 0..100; `note` is what it said last."""

    label: Label
    state: str
    percent: int
    note: str = ""
    seconds: float = 0.0


def steps(run: Run) -> list[Step]:
    """The five steps, and how far each has come."""
    told = {entry["stage"]: entry for entry in run.stages}
    reached = max((index for index, (_label, names) in enumerate(STEPS) if told.keys() & set(names)), default=-1)
    return [_step(run, label, names, told, index, reached) for index, (label, names) in enumerate(STEPS)]


def label_of(stage: str) -> Label:
    """The step that a stage belongs to."""
    return next((label for label, names in STEPS if stage in names), stage)


def time_left(run: Run, earlier: Run | None = None) -> timedelta | None:
    """A guess: from `earlier`, a run of the same preset that ended well, stage by stage, from its first second on;
    without one from the pace so far. None where it is too early for one.
    """
    if run.state == Run.State.QUEUED or run.started_at is None:
        return None
    if earlier is not None and (seconds := _seconds_left(run, earlier)) is not None:
        return timedelta(seconds=seconds)
    if run.progress < MIN_PROGRESS_FOR_AN_ESTIMATE:
        return None
    return (clock.now() - run.started_at) * (1 - run.progress) / run.progress


def _seconds_left(run: Run, earlier: Run) -> float | None:
    """What the earlier run's stages took from here on, at the pace that this one kept against it; None unknown."""
    took = {entry["stage"]: entry.get("seconds", 0.0) for entry in earlier.stages}
    told = [entry for entry in run.stages if entry["stage"] in took]
    if not took or (run.stages and not told):
        return None
    begun = {entry["stage"] for entry in told}
    expected = sum(took[entry["stage"]] * _share(entry) for entry in told)
    spent = sum(entry.get("seconds", 0.0) for entry in told)
    pace = spent / expected if expected >= MIN_SECONDS_FOR_A_PACE else _growth(run, earlier)
    rest = sum(seconds for stage, seconds in took.items() if stage not in begun)
    rest += sum(took[entry["stage"]] * (1 - _share(entry)) for entry in told)
    return rest * min(max(pace, 1 / PACE_MAX), PACE_MAX)


def _share(entry: dict[str, Any]) -> float:
    return float(entry.get("progress", 0.0))


def _growth(run: Run, earlier: Run) -> float:
    """How many times as many interactions there are now."""
    now, before = run.counts.get("interactions"), earlier.counts.get("interactions")
    return now / before if now and before else 1.0


def _step(
    run: Run, label: Label, names: tuple[str, ...], told: dict[str, dict[str, Any]], index: int, reached: int
) -> Step:
    mine = [told[name] for name in names if name in told]
    note = next((entry["message"] for entry in reversed(mine) if entry.get("message")), "")
    seconds = sum(entry.get("seconds", 0.0) for entry in mine)
    if run.state == Run.State.PUBLISHED or index < reached:
        return Step(label, "done", 100, note, seconds)
    if index > reached:
        return Step(label, "todo", 0)
    share = sum(1.0 if entry is not mine[-1] else entry.get("progress", 0.0) for entry in mine) / len(names)
    return Step(label, "current", round(100 * share), note, seconds)
