"""What the gate saw and decided, in words and figures: the new version beside the one that served, line by line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashboard.core import formats
from dashboard.training import gate
from dashboard.training.models import Run

HELD_BACK_BY = {
    "worse_on_same_visitors": "ndcg@10",
    "less_thorough": "ndcg@10",
    "less_thorough_untested": "ndcg@10",
    "narrower": "coverage@10",
    "more_alike": "intra_list_distance@10",
    "segments_moved": "segments",
    "slower": "milliseconds",
    "larger": "bytes",
}
_OF_100 = gettext_lazy("of 100")


@dataclass(frozen=True)
class Line:
    """One thing that was compared. `bounds` is the 95 % interval of the change, "" where it has none; `holds_back`:
    whether the version was held back by it."""

    label: str
    note: str
    before: str
    after: str
    bounds: str
    holds_back: bool


@dataclass(frozen=True)
class Judgement:
    """`before` and `after` are names of versions; `answer` is the whole in a sentence."""

    before: str
    after: str
    answer: str
    lines: list[Line]


def judgement(run: Run) -> Judgement | None:
    """Of a run whose version was compared with what served; None of all others."""
    artifact, paired = getattr(run, "artifact", None), run.metrics.get("paired", {})
    if artifact is None or not paired.get("measures"):
        return None
    before = str(run.compared_with) if run.compared_with else _("the version before")
    culprit = HELD_BACK_BY.get(run.reason_code, "")
    lines = [line for make in _LINES if (line := make(paired, culprit)) is not None]
    return Judgement(before, str(artifact), _answer(paired, before, str(artifact)), lines)


def _answer(paired: dict[str, Any], before: str, after: str) -> str:
    measure, visitors = paired["measures"][gate.METRIC], int(paired["visitors"])
    low, high = measure["interval"]
    tie = gate.TIE_SHARE * measure["before"]
    facts = {"before": before, "after": after, "count": formats.number(visitors)}
    if visitors < gate.MIN_TESTED_VISITORS:
        words = ngettext(
            "Only %(count)s visitor could be asked about both, which tells nothing yet.",
            "Only %(count)s visitors could be asked about both, which tells nothing yet.",
            visitors,
        )
    elif low > 0:
        words = _("%(after)s ranks better what %(count)s visitors wanted next than %(before)s, beyond chance.")
    elif high < 0:
        words = _("%(after)s ranks less well what %(count)s visitors wanted next than %(before)s, beyond chance.")
    elif abs(measure["difference"]) <= tie:
        words = _("%(after)s ranks what %(count)s visitors wanted next as well as %(before)s.")
    elif measure["difference"] > 0:
        words = _("%(after)s ranks better what %(count)s visitors wanted next than %(before)s; it could be chance.")
    else:
        words = _("%(after)s ranks less well what %(count)s visitors wanted next than %(before)s; it could be chance.")
    return words % facts


def _measure(name: str, label: Any, note: Any) -> Callable[[dict[str, Any], str], Line | None]:
    def line(paired: dict[str, Any], culprit: str) -> Line | None:
        found = paired["measures"].get(name)
        if found is None:
            return None
        shown = [formats.number(100 * found[side], 1) for side in ("before", "after")]
        bounds = [formats.signed_number(100 * bound, 1) for bound in found.get("interval", ())]
        return Line(str(label), str(note), shown[0], shown[1], " … ".join(bounds), culprit == name)

    return line


def _segments(paired: dict[str, Any], culprit: str) -> Line | None:
    found = paired.get("segments", {})
    if found.get("kept") is None:
        return None
    numbers = {name: len(found.get(name, ())) for name in ("born", "gone")}
    note = _("of 100 visitors; new segments: %(born)d, gone: %(gone)d") % numbers
    kept = formats.number(100 * found["kept"], 1)
    return Line(_("Visitors who stay in their segment"), note, "100", kept, "", culprit == "segments")


def _milliseconds(paired: dict[str, Any], culprit: str) -> Line | None:
    found = paired.get("milliseconds")
    if not found:
        return None
    before, after = (formats.number(found[side], 1) for side in ("before", "after"))
    return Line(_("Time for one visitor"), _("milliseconds"), before, after, "", culprit == "milliseconds")


def _bytes(paired: dict[str, Any], culprit: str) -> Line | None:
    found = paired.get("bytes")
    if not found:
        return None
    before, after = (formats.number(found[side] / 1024 / 1024, 1) for side in ("before", "after"))
    return Line(_("Size"), "MiB", before, after, "", culprit == "bytes")


_LINES = (
    _measure(gate.METRIC, gettext_lazy("How high the next item stands"), gettext_lazy("0 to 100; 100 is always first")),
    _measure("recall@10", gettext_lazy("Next item in the top 10"), gettext_lazy("of 100 visitors")),
    _measure("coverage@10", gettext_lazy("Items shown to anybody"), gettext_lazy("of 100 items")),
    _measure("intra_list_distance@10", gettext_lazy("How different the items of a list are"), _OF_100),
    _segments,
    _milliseconds,
    _bytes,
)
