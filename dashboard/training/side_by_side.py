"""Two versions side by side: accuracy on the same visitors with paired intervals, segments, speed and size."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.training import gate, quality
from dashboard.training.models import Artifact

MIB = 1024 * 1024
BETTER, WORSE, SAME = "better", "worse", "same"


@dataclass(frozen=True)
class Line:
    """Figures as texts. `bounds`: the 95 % interval of the change; `verdict`: better, worse, same, "" where the line
    is no matter of better."""

    label: str
    note: str
    before: str
    after: str
    bounds: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class SideBySide:
    """`visitors`: on how many both were tested; 0 where each was tested on others, whose chance the figures hold."""

    visitors: int
    lines: list[Line]


def side_by_side(before: Artifact, after: Artifact) -> SideBySide:
    """Of any two versions of a shop, whichever is the older."""
    facts = _facts(before, after)
    is_paired = bool(facts.get("measures"))
    measured = _paired(facts) if is_paired else _unpaired(before, after)
    rest = [*_lists(before, after), *_segments(facts), *_speed(before, after), *_costs(before, after)]
    return SideBySide(int(facts["visitors"]) if is_paired else 0, [*measured, *rest])


def _facts(before: Artifact, after: Artifact) -> dict[str, Any]:
    """What the younger one wrote down of the older, in the order that is asked for."""
    if found := after.beside.get(str(before.version)):
        return dict(found)
    return _turned(before.beside.get(str(after.version), {}))


def _turned(facts: dict[str, Any]) -> dict[str, Any]:
    if not facts:
        return {}
    segments = {**facts["segments"], "born": facts["segments"]["gone"], "gone": facts["segments"]["born"]}
    measures = {
        name: {
            "before": found["after"],
            "after": found["before"],
            "difference": -found["difference"],
            "interval": [-found["interval"][1], -found["interval"][0]],
        }
        for name, found in facts["measures"].items()
    }
    return {**facts, "measures": measures, "segments": segments}


def _paired(facts: dict[str, Any]) -> Iterator[Line]:
    for name, (label, note) in _measured_words().items():
        found = facts["measures"][name]
        low, high = found["interval"]
        verdict = BETTER if low > 0 else WORSE if high < 0 else SAME
        bounds = " … ".join(formats.signed_number(100 * bound, 1) for bound in (low, high))
        shown = [formats.number(100 * found[side], 1) for side in ("before", "after")]
        yield Line(label, note, shown[0], shown[1], bounds, verdict)


def _measured_words() -> dict[str, tuple[str, str]]:
    return {
        gate.METRIC: (_("How high the next item stands"), _("0 to 100; 100 is always first")),
        "recall@10": (_("Next item in the top 10"), _("of 100 visitors")),
    }


def _unpaired(before: Artifact, after: Artifact) -> Iterator[Line]:
    for line in quality.comparison(quality.model_version(before), quality.model_version(after)):
        if line.label == quality.COVERED_LABEL:  # no mean over visitors: it stands among the figures of lists
            continue
        yield Line(str(line.label), str(line.note), _shown(line.before), _shown(line.after), "", line.verdict)


def _shown(estimate: quality.Estimate) -> str:
    value = formats.number(estimate.percent, 1)
    return f"{value} ± {formats.number(estimate.percent_half_width, 1)}" if estimate.half_width else value


def _lists(before: Artifact, after: Artifact) -> Iterator[Line]:
    words = {
        "coverage@10": (str(quality.COVERED_LABEL), _("of 100 items")),
        "intra_list_distance@10": (_("How different the items of a list are"), _("of 100")),
    }
    for name, (label, note) in words.items():
        old, new = (version.metrics.get("models", {}).get("blend", {}).get(name) for version in (before, after))
        if old is not None and new is not None:
            yield Line(label, note, formats.number(100 * old, 1), formats.number(100 * new, 1))


def _segments(facts: dict[str, Any]) -> Iterator[Line]:
    found = facts.get("segments", {})
    if found.get("kept") is not None:
        note = _("of 100 of %(visitors)s visitors known to both") % {"visitors": formats.number(found["visitors"])}
        yield Line(_("Visitors who stay in their segment"), note, "100", formats.number(100 * found["kept"], 1))
    if found.get("born") or found.get("gone"):
        numbers = [", ".join(map(str, found[name])) or formats.UNKNOWN for name in ("gone", "born")]
        yield Line(_("Segments of one alone"), _("their numbers"), *numbers)


def _speed(before: Artifact, after: Artifact) -> Iterator[Line]:
    """Measured where one was trained as the successor of the other: both in turn, on one machine."""
    spent = after.metrics.get("paired", {}).get("milliseconds")
    if spent and after.run.compared_with_id == before.pk:
        shown = [formats.number(spent[side], 1) for side in ("before", "after")]
        yield Line(_("Time for one visitor"), _("milliseconds"), *shown)


def _costs(before: Artifact, after: Artifact) -> Iterator[Line]:
    if before.size_bytes and after.size_bytes:
        yield Line(_("Size"), "MiB", *(formats.number(one.size_bytes / MIB, 1) for one in (before, after)))
    costs = [version.lineage.get("cost", {}) for version in (before, after)]
    if all(cost.get("seconds") for cost in costs):
        yield Line(_("Training took"), "", *(formats.duration(cost["seconds"]) for cost in costs))
    if all(cost.get("peak_memory_mib") for cost in costs):
        shown = [formats.number(cost["peak_memory_mib"]) for cost in costs]
        yield Line(_("Memory of the training"), "MiB", *shown)
