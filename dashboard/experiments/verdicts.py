"""The sentence of an experiment: what a merchant may conclude today, and what to do."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashboard.core import formats
from dashboard.experiments.estimates import Estimate, GuardEstimate, Interval

Text = str | Promise
MIN_VISITORS_PER_VARIANT = 100

State = Literal["ship", "stop", "distrust", "even", "weigh", "unproven", "early"]
Offer = Literal["publish", "stop", ""]


@dataclass(frozen=True)
class Kind:
    """What every verdict of a state has in common. `todo` is what the merchant is asked where it waits for a decision;
    `offers` the one button that stands beside it: none where the data does not carry it."""

    icon: str
    tone: Literal["positive", "negative", "caution", "info"]
    offers: Offer = ""
    todo: Text = ""


KINDS: dict[State, Kind] = {
    "ship": Kind(
        "check", "positive", "publish", gettext_lazy("Variant B does better. Publish it, or let the experiment run on.")
    ),
    "stop": Kind("stop", "negative", "stop", gettext_lazy("Variant B does harm. Stop it, or see what got worse.")),
    "distrust": Kind(
        "alert",
        "caution",
        "stop",
        gettext_lazy("Visitors were not split as planned. Find the cause before you believe a result."),
    ),
    "even": Kind(
        "stop",
        "info",
        "stop",
        gettext_lazy("All planned visitors came and no clear difference showed. Keep A, or test a bolder change."),
    ),
    "weigh": Kind(
        "alert",
        "caution",
        "",
        gettext_lazy("Variant B does better, but not all that you guard is proven. Weigh it, or let it run on."),
    ),
    "unproven": Kind("clock", "info"),
    "early": Kind("clock", "info"),
}
DECISIVE = tuple(state for state, kind in KINDS.items() if kind.todo)  # somebody should act


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on. `visitors`: {variant: n}; `mde`: the smallest change that the plan can show."""

    primary: Estimate | None
    guards: list[GuardEstimate]
    visitors: dict[str, int]
    split_as_planned: bool
    planned_visitors: int
    days_left: int | None
    mde: float | None
    is_running: bool


@dataclass(frozen=True)
class Verdict:
    """`word` is the conclusion, wherever it is told; `sentence` says it, `because` how sure and what to do."""

    state: State
    word: str
    sentence_html: SafeString
    because: str

    @property
    def sentence(self) -> str:
        return strip_tags(self.sentence_html)

    @property
    def kind(self) -> Kind:
        return KINDS[self.state]

    @property
    def is_decisive(self) -> bool:
        return self.state in DECISIVE


def verdict_of(evidence: Evidence) -> Verdict:
    """Trust comes first, then whether anything can be said, then harm, then the metric that decides."""
    primary = evidence.primary
    if not sum(evidence.visitors.values()):
        return _waiting()
    if not evidence.split_as_planned:
        return _distrust(evidence)
    few = min(evidence.visitors.values()) < MIN_VISITORS_PER_VARIANT
    if few or primary is None or primary.interval is None:
        return _not_enough(evidence)
    return _judged(primary, primary.interval, evidence)


def _judged(primary: Estimate, interval: Interval, evidence: Evidence) -> Verdict:
    low, high = interval
    harmed = [guard for guard in evidence.guards if guard.state == "harmed"]
    if high < 0:
        return _loses(primary)
    if harmed:
        return _harms(primary, harmed[0], wins=low > 0)
    if low > 0:
        return _wins(primary, evidence)
    if sum(evidence.visitors.values()) >= evidence.planned_visitors:
        return _no_difference(primary)
    return _early(primary, evidence)


def _waiting() -> Verdict:
    return Verdict(
        "early",
        _("Waiting for visitors"),
        SafeString(_("No visitor has seen this experiment yet.")),
        _("Results appear as soon as slates are asked for at this placement with a visitor id."),
    )


def _distrust(evidence: Evidence) -> Verdict:
    counts = {key: formats.number(count) for key, count in sorted(evidence.visitors.items())}
    because = _(
        "A got %(a)s and B %(b)s visitors; by chance alone that happens less than once in 2,000 tests. Most often a "
        "cache serves one variant twice, or one variant answers with an error more often. Find the cause first."
    ) % {"a": counts.get("A", "0"), "b": counts.get("B", "0")}
    sentence = SafeString(_("Visitors were not split as planned, so no verdict is given."))
    return Verdict("distrust", _("Do not trust this result"), sentence, because)


def _not_enough(evidence: Evidence) -> Verdict:
    count = sum(evidence.visitors.values())
    sentence = ngettext(
        "With %(count)s visitor so far, nothing can be said yet.",
        "With %(count)s visitors so far, nothing can be said yet.",
        count,
    ) % {"count": formats.number(count)}
    return Verdict("early", _("Not enough data yet"), SafeString(sentence), _time_left(evidence))


def _wins(primary: Estimate, evidence: Evidence) -> Verdict:
    """What is guarded must be proven too before anybody is told to publish."""
    unproven = [guard for guard in evidence.guards if guard.state == "unsure"]
    if not unproven:
        sentence = _emphasised(_("With variant B, {gain}, and nothing you guard got worse."), gain=_said(primary))
        return Verdict("ship", _("Publish variant B"), sentence, _interval(primary))
    sentence = _emphasised(
        _("With variant B, {gain}; whether {guards} got worse beyond your limit is not proven yet."),
        gain=_said(primary),
        guards=" · ".join(str(guard.metric.label) for guard in unproven),
    )
    if sum(evidence.visitors.values()) < evidence.planned_visitors:
        return Verdict("unproven", _("B is better, not yet proven safe"), sentence, _time_left(evidence))
    return Verdict("weigh", _("B is better, its safety unproven"), sentence, _interval(primary))


def _loses(primary: Estimate) -> Verdict:
    sentence = _emphasised(_("With variant B, {loss}."), loss=_said(primary))
    return Verdict("stop", _("Stop variant B"), sentence, _interval(primary))


def _harms(primary: Estimate, guard: GuardEstimate, *, wins: bool) -> Verdict:
    harm = (_("{label} fell by {change}") if guard.metric.higher_is_better else _("{label} rose by {change}")).format(
        label=guard.metric.label, change=formats.percent(abs(guard.lift or 0.0), 1)
    )
    pattern = _("With variant B, {gain}, but {harm}.") if wins else _("Variant B harms what you guard: {harm}.")
    because = _("That is beyond the limit of %(limit)s that you tolerate. Stop B, or change it and test again.") % {
        "limit": formats.signed_percent(guard.metric.worst_change, 0)
    }
    return Verdict("stop", _("Do not publish B"), _emphasised(pattern, gain=_said(primary), harm=harm), because)


def _no_difference(primary: Estimate) -> Verdict:
    low, high = primary.interval or (0.0, 0.0)
    sentence = _("All planned visitors came, and no clear difference showed.")
    because = _(
        "The true change lies between %(low)s and %(high)s. Keep A, or test a bolder change; running on will tell "
        "little more."
    ) % {"low": formats.signed_percent(low), "high": formats.signed_percent(high)}
    return Verdict("even", _("No clear difference"), SafeString(sentence), because)


def _early(primary: Estimate, evidence: Evidence) -> Verdict:
    low, high = primary.interval or (0.0, 0.0)
    lift = primary.lift or 0.0
    pattern = (
        _("Variant B looks {change} better, but the truth could be anywhere from {low} worse to {high} better.")
        if lift >= 0
        else _("Variant B looks {change} worse, but the truth could be anywhere from {low} worse to {high} better.")
    )
    sentence = pattern.format(
        change=formats.percent(abs(lift), 1),
        low=formats.percent(abs(low)),
        high=formats.percent(high),
    )
    return Verdict("early", _("Too early to say"), SafeString(sentence), _time_left(evidence))


def _time_left(evidence: Evidence) -> str:
    if not evidence.is_running:
        return _("The experiment has ended; no more visitors will come.")
    if evidence.days_left is None:
        return _("No visitors came in the last days, so nobody can say how long it will take.")
    shows = formats.percent(evidence.mde) if evidence.mde else None
    days = evidence.days_left
    if shows is None:
        return ngettext(
            "About %(days)s more day at today’s traffic until the planned number of visitors is reached.",
            "About %(days)s more days at today’s traffic until the planned number of visitors is reached.",
            days,
        ) % {"days": formats.number(days)}
    return ngettext(
        "About %(days)s more day at today’s traffic would show a change of %(mde)s if there is one. "
        "Nothing to do until then.",
        "About %(days)s more days at today’s traffic would show a change of %(mde)s if there is one. "
        "Nothing to do until then.",
        days,
    ) % {"days": formats.number(days), "mde": shows}


def _said(estimate: Estimate) -> str:
    """“8.4% more visitors add to cart”, in the direction of the estimate."""
    lift = estimate.lift or 0.0
    pattern = estimate.metric.gain if lift >= 0 else estimate.metric.loss
    return str(pattern) % {"change": formats.percent(abs(lift), 1)}


def _interval(estimate: Estimate) -> str:
    low, high = estimate.interval or (0.0, 0.0)
    return _(
        "The true change lies between %(low)s and %(high)s. You may stop and decide on any day: the interval allows "
        "for looking early."
    ) % {"low": formats.signed_percent(low), "high": formats.signed_percent(high)}


def _emphasised(pattern: str, **parts: str) -> SafeString:
    return format_html(pattern, **{name: format_html("<b>{}</b>", text) for name, text in parts.items()})
