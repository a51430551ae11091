"""How an experiment is run: what decides, on whom, from when to when."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.audiences.selectors import usable_audience
from dashboard.core import clock, errors
from dashboard.experiments.metrics import DEFAULT_PRIMARY
from dashboard.experiments.selectors.own import deciding_metrics, unknown_metric
from dashboard.experiments.selectors.planning import MAX_PLANNED_VISITORS, MIN_PLANNED_VISITORS

GROUP_SHARE = 0.5  # of an exclusion group's visitors, so that another finds room
DEFAULT_PLANNED_VISITORS = 5000  # what gbstats tunes its sequential interval for
MOST_STEPS = 10


@dataclass(frozen=True)
class Terms:
    """Checked by `check_terms`. `group_share` is its slice of an exclusion group; `control_share` A's part of the split
    (None: all variants alike); `ramp`: ({"day", "share"}, …) by days since the start, of which the first is 0 and the
    last share is `traffic_share`; `starts_at`, `ends_at`: when it begins and stops by itself; `is_interleaved`: A and B
    make each slate together.
    """

    primary_metric: str = DEFAULT_PRIMARY
    traffic_share: float = 1.0
    planned_visitors: int = DEFAULT_PLANNED_VISITORS
    window_days: int = 7
    exclusion_group: str = ""
    group_share: float = 1.0
    control_share: float | None = None
    audience_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    ramp: Sequence[Mapping[str, Any]] = field(default=())
    is_interleaved: bool = False

    @property
    def first_share(self) -> float:
        """Of the visitors on the first day."""
        return float(self.ramp[0]["share"]) if self.ramp else self.traffic_share


def check_terms(shop: Shop, terms: Terms) -> None:
    """Raises `Invalid` by field."""
    problems = {name: problem for name, problem in _problems(shop, terms) if problem}
    if terms.audience_id is not None:
        usable_audience(shop, terms.audience_id)
    if problems:
        raise errors.Invalid(_("Some fields need another value."), fields=problems)


def _problems(shop: Shop, terms: Terms) -> list[tuple[str, str]]:
    share = _("Enter a share from 1% to 100%.")
    least = _("Enter at least %(least)s visitors.") % {"least": MIN_PLANNED_VISITORS}
    days = _("Enter a number of days from 1 to 60.")
    return [
        ("primary_metric", "" if terms.primary_metric in deciding_metrics(shop) else unknown_metric(shop)),
        ("traffic_share", "" if 0 < terms.traffic_share <= 1 else share),
        ("group_share", "" if 0 < terms.group_share <= 1 else share),
        ("control_share", "" if terms.control_share is None or 0 < terms.control_share < 1 else share),
        ("window_days", "" if 1 <= terms.window_days <= 60 else days),
        ("planned_visitors", "" if MIN_PLANNED_VISITORS <= terms.planned_visitors <= MAX_PLANNED_VISITORS else least),
        ("starts_at", _("That moment has passed.") if _is_past(terms.starts_at) else ""),
        ("ends_at", _end_problem(terms)),
        ("ramp", _ramp_problem(terms)),
    ]


def _is_past(moment: datetime | None) -> bool:
    return moment is not None and moment < clock.now()


def _end_problem(terms: Terms) -> str:
    if terms.ends_at is None or terms.ends_at > (terms.starts_at or clock.now()):
        return ""
    return _("It must end after it has started.")


def _ramp_problem(terms: Terms) -> str:
    steps = list(terms.ramp)
    if not steps:
        return ""
    days, shares = [step["day"] for step in steps], [step["share"] for step in steps]
    rises = all(before < after for values in (days, shares) for before, after in pairwise(values))
    if len(steps) > MOST_STEPS or days[0] != 0 or shares[0] <= 0 or not rises:
        return _("Days and shares must rise, from day 0 on, in at most %(most)s steps.") % {"most": MOST_STEPS}
    if not math.isclose(shares[-1], terms.traffic_share):
        return _("The last step must be the share of visitors of the experiment.")
    return ""
