"""What an artifact's evaluation says to a merchant: each estimate with its doubt, against bestsellers and another."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dashboard.training import gate
from dashboard.training.models import Artifact, Run

FOUND = "recall@10"  # with one held-out item per visitor this is the share that found it
RANKED = gate.METRIC
COVERED = "coverage@10"
COVERED_LABEL = _("Items ever recommended")


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; an evaluation without intervals has `low == value == high`."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2

    @property
    def percent(self) -> float:
        """Of 100."""
        return 100 * self.value

    @property
    def percent_half_width(self) -> float:
        return 100 * self.half_width


@dataclass(frozen=True)
class ModelVersion:
    """An artifact as the page shows it. `bestsellers`: popularity on the same visitors."""

    id: int
    name: str
    run_id: int
    is_active: bool
    is_held_back: bool
    has_served: bool
    found: Estimate | None
    ranked: Estimate | None
    covered: Estimate | None
    bestsellers: float | None
    tested_visitors: int

    @property
    def key(self) -> str:
        return str(self.id)

    @property
    def percent_bestsellers(self) -> float | None:
        return None if self.bestsellers is None else 100 * self.bestsellers


@dataclass(frozen=True)
class Comparison:
    """One line of two versions compared. `verdict` is better, worse or same (within the doubt of both)."""

    label: Any
    note: Any
    before: Estimate
    after: Estimate
    verdict: str

    @property
    def change(self) -> float:
        return self.after.value - self.before.value

    @property
    def percent_change(self) -> float:
        return 100 * self.change


def model_version(artifact: Artifact) -> ModelVersion:
    metrics = artifact.metrics
    return ModelVersion(
        id=artifact.pk,
        name=str(artifact),
        run_id=artifact.run_id,
        is_active=artifact.is_active,
        is_held_back=artifact.run.state == Run.State.REJECTED,
        has_served=artifact.published_at is not None,
        found=_estimate(metrics, FOUND),
        ranked=_estimate(metrics, RANKED),
        covered=_estimate(metrics, COVERED),
        bestsellers=metrics.get("models", {}).get("popularity", {}).get(FOUND),
        tested_visitors=int(metrics.get("visitors", 0)),
    )


def comparison(before: ModelVersion, after: ModelVersion) -> list[Comparison]:
    """Line by line, what both have measured."""
    lines = [
        (_("Next item in the top 10"), _("of 100 visitors"), before.found, after.found),
        (_("How high the next item stands"), _("0 to 100; 100 is always first"), before.ranked, after.ranked),
        (COVERED_LABEL, _("of 100 items"), before.covered, after.covered),
    ]
    return [
        Comparison(label, note, old, new, _verdict(old, new))
        for label, note, old, new in lines
        if old is not None and new is not None
    ]


def _estimate(metrics: dict[str, Any], metric: str) -> Estimate | None:
    value = metrics.get("models", {}).get("blend", {}).get(metric)
    if value is None:
        return None
    low, high = gate.interval(metrics, "blend", metric) or (value, value)
    return Estimate(value, low, high)


def _verdict(before: Estimate, after: Estimate) -> str:
    doubt = (before.half_width**2 + after.half_width**2) ** 0.5
    doubt = max(doubt, gate.TIE_SHARE * before.value)
    change = after.value - before.value
    if abs(change) <= doubt:
        return "same"
    return "better" if change > 0 else "worse"
