"""Where a version comes from: enough to make it again, and to say what of it is not there any more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import clock, errors, formats
from dashboard.training import selectors
from dashboard.training.gate import METRIC
from dashboard.training.learnt_rows import Bounds
from dashboard.training.models import Artifact, Run
from recommender.data.events import EVENT_WEIGHTS


@dataclass(frozen=True)
class Difference:
    """Of a repetition: what is not as it was, and a sentence."""

    what: str
    sentence: str


def snapshot_facts(run: Run) -> dict[str, Any]:
    """Bounds and row counts of what a run learnt from; the hashes of the files are the trainer's to tell."""
    bounds = bounds_of(run)
    until = bounds.until.isoformat() if bounds.until else None
    return {"until": until, "counts_simulated": bounds.counts_simulated, **run.counts}


def bounds_of(run: Run) -> Bounds:
    """Of a repetition those of the version that it repeats; else what the shop decided, until now."""
    if run.repeats is not None:
        told = _snapshot(run.repeats)
        return Bounds(bool(told["counts_simulated"]), datetime.fromisoformat(told["until"]))
    return Bounds(selectors.retrain_plan(run.shop).counts_simulated, run.snapshot_until or clock.now())


def weights_of(run: Run) -> dict[str, float]:
    """How much each kind of behaviour counts in a run, where it is not the usual."""
    if run.repeats is None:
        return selectors.retrain_plan(run.shop).event_weights
    told = run.repeats.lineage.get("config", {}).get("events", {})
    return {name: weight for name, weight in told.items() if weight != EVENT_WEIGHTS.get(name)}


def parent_of(run: Run) -> Artifact | None:
    """What a run goes on from: what serves, or the parent of the version that it repeats."""
    if run.repeats is None:
        return selectors.active_artifact(run.shop)
    return selectors.run(run.shop, run.repeats.run_id).compared_with


def goes_on(run: Run) -> bool:
    """Whether the encoder starts from that of the version before: in runs that nobody asked for, but for the thorough
    one of the week. A repetition starts as the version that it repeats."""
    if run.repeats is not None:
        return bool(run.repeats.lineage.get("start", {}).get("warm"))
    return run.preset == Run.Preset.BALANCED and run.trigger in (Run.Trigger.SCHEDULE, Run.Trigger.NEWS)


def require_lineage(artifact: Artifact) -> None:
    """Raises `Conflict` for a version that does not know what it comes from."""
    if not artifact.lineage.get("snapshot", {}).get("until"):
        message = _("%(version)s was made before versions remembered what they come from; it cannot be repeated.")
        raise errors.Conflict(message % {"version": artifact})


def differences(original: Artifact, repetition: Artifact) -> list[Difference]:
    """What is not as it was, the weightiest first; nothing where the repetition was made of the very same."""
    found = [_rows(original, repetition), _parent(original, repetition)]
    found += [_catalog(original, repetition), _code(original, repetition)]
    return [difference for difference in found if difference is not None]


def accuracy_of(artifact: Artifact) -> float | None:
    """NDCG@10 of what is served."""
    value = artifact.metrics.get("models", {}).get("blend", {}).get(METRIC)
    return None if value is None else float(value)


def _rows(original: Artifact, repetition: Artifact) -> Difference | None:
    then, now = _snapshot(original), _snapshot(repetition)
    if _data(original).get("interactions") == _data(repetition).get("interactions"):
        return None
    counts = {"now": formats.number(now.get("interactions")), "then": formats.number(then.get("interactions"))}
    counts |= {"visitors": formats.number(then.get("visitors", 0) - now.get("visitors", 0))}
    words = _(
        "%(now)s of %(then)s interactions are there; %(visitors)s visitors are gone: erased, merged, found to be "
        "programs, or forgotten with their age."
    )
    return Difference("interactions", words % counts)


def _parent(original: Artifact, repetition: Artifact) -> Difference | None:
    if original.lineage.get("parent") == repetition.lineage.get("parent"):
        return None
    words = _("The version before it has changed or is gone: segments may have other numbers.")
    return Difference("parent", words)


def _catalog(original: Artifact, repetition: Artifact) -> Difference | None:
    if _data(original).get("items") == _data(repetition).get("items"):
        return None
    return Difference("items", _("The catalog has changed since; it is kept as it is now alone."))


def _code(original: Artifact, repetition: Artifact) -> Difference | None:
    same = all(original.lineage.get(part) == repetition.lineage.get(part) for part in ("source", "versions"))
    return None if same else Difference("code", _("Forage or a library of it is another version now."))


def _snapshot(artifact: Artifact) -> dict[str, Any]:
    return dict(artifact.lineage.get("snapshot", {}))


def _data(artifact: Artifact) -> dict[str, Any]:
    return dict(artifact.lineage.get("data", {}))
