"""What a variant risks, by name: it is published only where each is ruled out, or accepted by who decides."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.experiments.estimates import GuardEstimate
from dashboard.experiments.metrics import GUARDRAILS, Metric
from dashboard.experiments.own_metrics import id_of

SPLIT = "split"
RISKS = (SPLIT, *GUARDRAILS)  # the keys that every shop has


@dataclass(frozen=True)
class Risk:
    """`key`: the guardrail's, or `SPLIT`; what is accepted is written down by it. `sentence` is what is asked."""

    key: str
    sentence: str


def risks_of(guards: Iterable[GuardEstimate], *, split_as_planned: bool) -> list[Risk]:
    """A split that is off, and every guardrail that is not non-inferior by its margin."""
    found = [_of_guard(guard) for guard in guards if guard.state in ("harmed", "unsure")]
    if not split_as_planned:
        found.insert(0, Risk(SPLIT, _("Visitors were not split as planned: the result may be wrong altogether.")))
    return found


def unaccepted(risks: Collection[Risk], accepted: Collection[str]) -> list[Risk]:
    return [risk for risk in risks if risk.key not in accepted]


def is_risk(key: str) -> bool:
    """Whether it names one: the split, a guardrail of every shop, or one of a shop's own."""
    return key in RISKS or id_of(key) is not None


def name_of_risk(key: str, own: Mapping[str, Metric] | None = None) -> str:
    """In a word or two, for the history; `own`: the shop's metrics by their keys."""
    known = GUARDRAILS.get(key) or (own or {}).get(key)
    return str(known.label) if known else _("uneven split")


def _of_guard(guard: GuardEstimate) -> Risk:
    words = {
        "label": guard.metric.label,
        "limit": formats.signed_percent(guard.metric.worst_change, 0),
        "worst": formats.signed_percent(guard.worst) if guard.worst is not None else "",
        "change": formats.signed_percent(guard.lift, 1) if guard.lift is not None else "",
    }
    if guard.state == "harmed":
        pattern = _("%(label)s got worse beyond your limit of %(limit)s: %(change)s.")
    elif guard.worst_is_told:
        pattern = _("%(label)s: a change of %(worst)s is not ruled out; your limit is %(limit)s.")
    else:
        pattern = _("%(label)s: too few data to rule out that it got worse beyond your limit of %(limit)s.")
    return Risk(guard.metric.key, pattern % words)
