"""How long a run will take, and how much memory: from earlier runs of the shop, by how much there is to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.training import selectors
from dashboard.training.learnt_rows import counted
from dashboard.training.models import Run

# Seconds that a preset takes for as much as `fast` takes one in: 11, 165 and 339 s on Amazon Beauty (docs/models.md).
TIMES_FAST = {Run.Preset.FAST: 1.0, Run.Preset.BALANCED: 15.0, Run.Preset.BEST: 31.0}
# Of Amazon Beauty's 198,502 interactions on two cores: for a shop that has never trained.
FAST_SECONDS_PER_INTERACTION = 11 / 198_502
LEAST_SECONDS = 10.0  # starting a trainer and writing its artifact


@dataclass(frozen=True)
class Forecast:
    """`is_known`: from a run of this preset; otherwise from another one, or from other machines. `memory_mib` is the
    most that it held at once; None where no run has told."""

    preset: str
    seconds: float
    memory_mib: int | None
    is_known: bool

    @property
    def duration(self) -> timedelta:
        return timedelta(seconds=self.seconds)


def forecasts(shop: Shop) -> list[Forecast]:
    """Of each preset, the fastest first."""
    interactions = counted(shop, selectors.retrain_plan(shop).counts_simulated).count()
    told = selectors.runs_that_tell_their_cost(shop)
    return [_forecast(preset, interactions, told) for preset in Run.Preset]


def _forecast(preset: Run.Preset, interactions: int, told: Sequence[Run]) -> Forecast:
    same = next((run for run in told if run.preset == preset), None)
    other = same or next(iter(told), None)
    if other is None:
        seconds = FAST_SECONDS_PER_INTERACTION * TIMES_FAST[preset] * interactions
        return Forecast(preset, max(seconds, LEAST_SECONDS), None, is_known=False)
    growth = interactions / max(int(other.counts.get("interactions", 0)), 1)
    slower = TIMES_FAST[preset] / TIMES_FAST[Run.Preset(other.preset)]
    seconds = max(_seconds(other) * growth * slower, LEAST_SECONDS)
    return Forecast(preset, seconds, _memory_mib(same, growth), is_known=same is not None)


def _seconds(run: Run) -> float:
    """Of the trainer alone where it told; the rest is waiting for a turn, and the store."""
    return float(_cost(run).get("seconds") or sum(entry.get("seconds", 0.0) for entry in run.stages))


def _memory_mib(run: Run | None, growth: float) -> int | None:
    """Half of it is there whatever is learnt from: libraries, and what one batch takes."""
    most = _cost(run).get("peak_memory_mib") if run is not None else None
    return round(most * (0.5 + 0.5 * growth)) if most else None


def _cost(run: Run) -> dict[str, Any]:
    artifact = getattr(run, "artifact", None)
    return dict(artifact.lineage.get("cost", {})) if artifact is not None else {}
