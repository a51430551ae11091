"""The offline gate: is a new artifact good enough to replace the one that serves?

Both were measured by the same protocol on visitors held back from their own training, each at its own time; the
comparison is as good as those days are alike. It guards against broken trainings, experiments judge improvements.
"""

from dataclasses import dataclass
from typing import Any

from dashboard.training.reasons import Reason

METRIC = "ndcg@10"
# Differences below 3 % are ties: half of what another seed changes on a few thousand visitors.
TIE_SHARE = 0.03
# Below this many tested visitors the figure says nothing; a small shop is not kept from its first model by chance.
MIN_TESTED_VISITORS = 50


@dataclass(frozen=True)
class Measured:
    """What the gate reads of an artifact's evaluation: the blend and popularity, NDCG@10, with the 95 % half-width."""

    protocol: str
    visitors: int
    blend: float
    popularity: float
    half_width: float


def measured(evaluation: dict[str, Any]) -> Measured | None:
    """None where the evaluation lacks what the gate needs."""
    models = evaluation.get("models", {})
    blend, popularity = models.get("blend", {}).get(METRIC), models.get("popularity", {}).get(METRIC)
    if blend is None or popularity is None:
        return None
    low, high = interval(evaluation, "blend", METRIC) or (blend, blend)
    half_width = (high - low) / 2
    return Measured(
        str(evaluation.get("protocol", "")), int(evaluation.get("visitors", 0)), blend, popularity, half_width
    )


def interval(evaluation: dict[str, Any], model: str, metric: str) -> tuple[float, float] | None:
    """The 95 % interval of a model's metric, where the evaluation has one."""
    found = evaluation.get("intervals", {}).get(model, {}).get(metric)
    return (float(found[0]), float(found[1])) if found else None


def objection(candidate: dict[str, Any], active: dict[str, Any] | None, active_version: str = "") -> Reason | None:
    """Why the candidate must not be published by itself; None where nothing speaks against it.

    It must beat popularity, and not rank worse than the active artifact by more than a tie (3 %) or the half-width of
    its own interval, whichever is larger. Other protocols are not compared.
    """
    new = measured(candidate)
    if new is None:
        return Reason("not_evaluated")
    if new.visitors < MIN_TESTED_VISITORS:
        return None
    if new.blend <= new.popularity:
        return Reason("worse_than_popularity", {"found": _of_100(new.blend), "popularity": _of_100(new.popularity)})
    old = measured(active or {})
    if old is None or old.protocol != new.protocol:
        return None
    tolerance = max(TIE_SHARE * old.blend, new.half_width)
    if new.blend >= old.blend - tolerance:
        return None
    figures = {"found": new.blend, "active": old.blend, "tolerance": tolerance}
    facts = {name: _of_100(value) for name, value in figures.items()}
    return Reason("worse_than_active", {**facts, "version": active_version})


def _of_100(value: float) -> str:
    return f"{100 * value:.1f}"
