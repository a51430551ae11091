"""An estimate in a merchant's words."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.core import formats
from dashboard.serving.estimates import WINDOW_DAYS, MetricEstimate, PolicyEstimate
from recommender.off_policy import MIN_EFFECTIVE, Estimate
from recommender.off_policy.verdict import MIN_COVERED

PER_SLATES = 1_000


@dataclass(frozen=True)
class Row:
    """A metric in words: today, the draft by both estimators, and what it changes. `clear`: up, down, or it could be
    chance. Empty texts where nothing is told."""

    label: str
    today: str
    today_range: str
    value: str = ""
    value_range: str = ""
    change: str = ""
    change_range: str = ""
    other: str = ""
    other_range: str = ""
    clear: str = ""


def headline(found: PolicyEstimate) -> str:
    """The answer in one sentence."""
    if not found.is_told:
        return refusal(found)
    clicks = next(entry for entry in found.metrics if entry.metric == "clicks")
    change, before = clicks.dr_change, clicks.today
    if change is None or before is None:
        return refusal(found)
    low, high = (formats.signed_number(end * PER_SLATES, 1) for end in change.interval)
    words = {"change": formats.number(abs(change.value) * PER_SLATES, 1), "low": low, "high": high}
    if change.interval[0] > 0:
        return _("1,000 slates would get %(change)s more clicks: between %(low)s and %(high)s.") % words
    if change.interval[1] < 0:
        return _("1,000 slates would get %(change)s fewer clicks: between %(low)s and %(high)s.") % words
    return _("No clear change of clicks: 1,000 slates would get between %(low)s and %(high)s.") % words


def refusal(found: PolicyEstimate) -> str:
    """Why nothing is told."""
    if _may_be_told_soon(found):
        return _waiting(found)
    return {
        "no_slates": _("Nothing can be said yet: no slate of this placement has been served in the last month."),
        "no_exploration": _(
            "The log cannot say: with exploration at 0 every slate is the only one that could be shown, and nothing "
            "is known of others."
        ),
        "mismatch": _(
            "Nothing is shown: slates were logged with other chances than the policy gives that served them. "
            "“manage.py replay” names them."
        ),
        "open": _(
            "The log cannot say: it does not hold what this draft would put beside what was shown, such as an item "
            "that it pins and that visitors have not seen there."
        ),
        "other_audiences": _(
            "The log cannot say: the draft changes for whom there is an override, and the log does not tell these "
            "visitors apart."
        ),
        "other_fatigue": _(
            "The log cannot say: the draft changes how much fatigue counts, and the log does not hold what it would "
            "take from items that visitors saw elsewhere."
        ),
        "little_data": _("Too little data to say: the slates of the last month are worth %(worth)s of the %(least)s.")
        % {"worth": formats.number(found.effective), "least": formats.number(MIN_EFFECTIVE)},
        "not_covered": _(
            "The log cannot say: much of what the draft would show was never shown. It covers %(share)s, and "
            "%(least)s are needed."
        )
        % {"share": formats.percent(min(found.covered, 1.0)), "least": formats.percent(MIN_COVERED)},
        "enough": "",
    }[found.reason]


def next_step(found: PolicyEstimate) -> str:
    """What would let the log answer; empty where nothing is missing."""
    if found.is_told or _may_be_told_soon(found):
        return ""
    floor = formats.percent(found.floor, 1) if found.floor else ""
    parts = []
    if found.more_needed and found.days_needed is not None and found.days_needed <= 10 * WINDOW_DAYS:
        days = max(round(found.days_needed), 1)
        parts.append(
            ngettext(
                "%(slates)s more slates would do, about %(days)s day at the rate of now.",
                "%(slates)s more slates would do, about %(days)s days at the rate of now.",
                days,
            )
            % {"slates": formats.number(found.more_needed), "days": formats.number(days)}
        )
    if floor:
        parts.append(
            _("With an exploration floor of at least %(floor)s a month of slates could say it.") % {"floor": floor}
        )
    if not parts and found.reason in ("little_data", "not_covered"):
        parts.append(_("No floor would let the log answer within a month."))
    return " ".join([*parts, _("An experiment tells for sure.")])


def basis(found: PolicyEstimate) -> str:
    """On what it rests."""
    words = {"slates": formats.number(found.slates), "worth": formats.number(found.effective)}
    text = _("From %(slates)s slates since %(day)s, worth %(worth)s of its own.") if found.is_told else ""
    if not text or found.since is None:
        return ""
    said = text % {**words, "day": formats.full_date(found.since)}
    further = [_waiting(found)] if found.waiting else []
    if found.simulated:
        further.insert(0, _("All of them were seen by simulated visitors."))
    return " ".join([said, *further])


def _may_be_told_soon(found: PolicyEstimate) -> bool:
    return bool(found.waiting) and found.reason in ("little_data", "not_covered")


def _waiting(found: PolicyEstimate) -> str:
    return ngettext(
        "%(slates)s more slate is being made ready: look again in a minute.",
        "%(slates)s more slates are being made ready: look again in a minute.",
        found.waiting,
    ) % {"slates": formats.number(found.waiting)}


def rows(found: PolicyEstimate, currency: str) -> list[Row]:
    return [_row(entry, currency) for entry in found.metrics if entry.today is not None]


def _row(entry: MetricEstimate, currency: str) -> Row:
    label, show, signed = _shown(entry.metric, currency)
    today = entry.today
    if today is None or entry.dr is None or entry.dr_change is None or entry.snips is None:
        return Row(label, _value(today, show), _range(today, show))
    low, high = entry.dr_change.interval
    return Row(
        label=label,
        today=_value(today, show),
        today_range=_range(today, show),
        value=_value(entry.dr, show),
        value_range=_range(entry.dr, show),
        change=signed(entry.dr_change.value),
        change_range=_between(signed(low), signed(high)),
        other=_value(entry.snips, show),
        other_range=_range(entry.snips, show),
        clear="up" if low > 0 else "down" if high < 0 else "",
    )


Shown = Callable[[float], str]


def _shown(metric: str, currency: str) -> tuple[str, Shown, Shown]:
    if metric == "revenue":

        def signed_money(value: float) -> str:
            sign = "+" if value >= 0 else "−"
            return sign + formats.money(abs(value) * PER_SLATES, currency)

        return _("Revenue of 1,000 slates"), lambda value: formats.money(value * PER_SLATES, currency), signed_money
    label = _("Clicks on 1,000 slates") if metric == "clicks" else _("Purchases from 1,000 slates")
    return (
        label,
        lambda value: formats.number(value * PER_SLATES, 1),
        lambda value: formats.signed_number(value * PER_SLATES, 1),
    )


def _value(estimate: Estimate | None, show: Shown) -> str:
    return formats.UNKNOWN if estimate is None else show(estimate.value)


def _range(estimate: Estimate | None, show: Shown) -> str:
    if estimate is None:
        return ""
    low, high = estimate.interval
    return _between(show(max(low, 0.0)), show(max(high, 0.0)))


def _between(low: str, high: str) -> str:
    return _("%(low)s to %(high)s") % {"low": low, "high": high}
