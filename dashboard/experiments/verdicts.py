"""The sentence of an experiment: what a merchant may conclude today, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.core import formats
from dashboard.experiments.estimates import Estimate, GuardEstimate, Interval
from dashboard.experiments.ranges import is_open, truth_words
from dashboard.experiments.verdict_kinds import DECISIVE, KINDS, Kind, State

MIN_VISITORS_PER_VARIANT = 100


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on. `variant`: whom it is about, the one that leads; `primary` and `guards` are its own,
    `rivals` the deciding metric of every other one beside A. `visitors`: {variant: n}; `mde`: the smallest change that
    the plan can show."""

    primary: Estimate | None
    guards: list[GuardEstimate]
    visitors: dict[str, int]
    split_as_planned: bool
    planned_visitors: int
    days_left: int | None
    mde: float | None
    is_running: bool
    variant: str = "B"
    rivals: Sequence[Estimate] = ()
    is_aa: bool = False

    @property
    def is_full(self) -> bool:
        """All planned visitors came."""
        return sum(self.visitors.values()) >= self.planned_visitors


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
    if evidence.is_aa:
        return _of_equals(primary, interval, evidence)
    harmed = [guard for guard in evidence.guards if guard.state == "harmed"]
    if high < 0 and all(_is_below_zero(rival) for rival in evidence.rivals):
        return _loses(primary, evidence)
    if harmed:
        return _harms(primary, harmed[0], evidence, wins=low > 0)
    if low > 0:
        return _wins(primary, evidence)
    if evidence.is_full:
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
    counts = ", ".join(f"{key} {formats.number(count)}" for key, count in sorted(evidence.visitors.items()))
    because = _(
        "Visitors were split %(counts)s; by chance alone that happens less than once in 2,000 tests. Most often a "
        "cache serves one variant twice, or one variant answers with an error more often. Find the cause first."
    ) % {"counts": counts}
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
        pattern = _("With variant {variant}, {gain}, and nothing you guard got worse.")
        sentence = _emphasised(pattern, variant=evidence.variant, gain=_said(primary))
        return Verdict(
            "ship", _titled(_("Publish variant %(variant)s"), evidence), sentence, _interval(primary, evidence)
        )
    sentence = _emphasised(
        _("With variant {variant}, {gain}; whether {guards} got worse beyond your limit is not proven yet."),
        variant=evidence.variant,
        gain=_said(primary),
        guards=" · ".join(str(guard.metric.label) for guard in unproven),
    )
    if not evidence.is_full:
        word = _titled(_("%(variant)s is better, not yet proven safe"), evidence)
        return Verdict("unproven", word, sentence, _time_left(evidence))
    word = _titled(_("%(variant)s is better, its safety unproven"), evidence)
    return Verdict("weigh", word, sentence, _interval(primary, evidence))


def _of_equals(primary: Estimate, interval: Interval, evidence: Evidence) -> Verdict:
    """What an A/A test says: of the split and of the statistics, never of a policy."""
    low, high = interval
    if low > 0 or high < 0:
        sentence = SafeString(_("Both halves see the same, and yet a clear difference showed."))
        because = _(
            "That happens by chance in fewer than 1 of 20 A/A tests. Run another; where it shows again, events or the "
            "split are wrong: find the cause before you believe other experiments."
        )
        return Verdict("distrust", _("The A/A test shows a difference"), sentence, because)
    sentence = SafeString(_("Both halves see the same, and no clear difference showed, as it should be."))
    if evidence.is_full:
        return Verdict("even", _("The A/A test holds"), sentence, _interval(primary, evidence))
    return Verdict("early", _("No difference so far, as it should be"), sentence, _time_left(evidence))


def _loses(primary: Estimate, evidence: Evidence) -> Verdict:
    if evidence.rivals:
        sentence = _emphasised(_("Every variant does worse than A. Of the best, {variant}: {loss}."),
                               variant=evidence.variant, loss=_said(primary))  # fmt: skip
        return Verdict("stop", _("Keep A"), sentence, _interval(primary, evidence))
    sentence = _emphasised(_("With variant {variant}, {loss}."), variant=evidence.variant, loss=_said(primary))
    return Verdict("stop", _titled(_("Stop variant %(variant)s"), evidence), sentence, _interval(primary, evidence))


def _is_below_zero(estimate: Estimate) -> bool:
    return estimate.interval is not None and estimate.interval[1] < 0


def _titled(pattern: str, evidence: Evidence) -> str:
    return pattern % {"variant": evidence.variant}


def _harms(primary: Estimate, guard: GuardEstimate, evidence: Evidence, *, wins: bool) -> Verdict:
    harm = (_("{label} fell by {change}") if guard.metric.higher_is_better else _("{label} rose by {change}")).format(
        label=guard.metric.label, change=formats.percent(abs(guard.lift or 0.0), 1)
    )
    pattern = (
        _("With variant {variant}, {gain}, but {harm}.")
        if wins
        else _("Variant {variant} harms what you guard: {harm}.")
    )
    because = _("That is beyond the limit of %(limit)s that you tolerate. Stop it, or change it and test again.") % {
        "limit": formats.signed_percent(guard.metric.worst_change, 0)
    }
    sentence = _emphasised(pattern, variant=evidence.variant, gain=_said(primary), harm=harm)
    return Verdict("stop", _titled(_("Do not publish %(variant)s"), evidence), sentence, because)


def _no_difference(primary: Estimate) -> Verdict:
    sentence = _("All planned visitors came, and no clear difference showed.")
    because = f"{truth_words(primary.interval or (0.0, 0.0))} " + _(
        "Keep A, or test a bolder change; running on will tell little more."
    )
    return Verdict("even", _("No clear difference"), SafeString(sentence), because)


def _early(primary: Estimate, evidence: Evidence) -> Verdict:
    interval = primary.interval or (0.0, 0.0)
    sentence = _early_pattern(is_better=(primary.lift or 0.0) >= 0, is_told=not is_open(interval)).format(
        variant=evidence.variant,
        change=formats.percent(abs(primary.lift or 0.0), 1),
        low=formats.percent(abs(interval[0])),
        high=formats.percent(interval[1]),
    )
    return Verdict("early", _("Too early to say"), SafeString(sentence), _time_left(evidence))


def _early_pattern(*, is_better: bool, is_told: bool) -> str:
    """`is_told`: whether both ends of the range are."""
    if not is_told and is_better:
        return _("Variant {variant} looks {change} better, but visitors are too few to say how sure that is.")
    if not is_told:
        return _("Variant {variant} looks {change} worse, but visitors are too few to say how sure that is.")
    if is_better:
        return _("Variant {variant} looks {change} better, but the truth could be from {low} worse to {high} better.")
    return _("Variant {variant} looks {change} worse, but the truth could be from {low} worse to {high} better.")


def until_planned(days_left: int | None, *, is_running: bool) -> str:
    """How long the planned number of visitors still takes; None: nobody comes."""
    if not is_running:
        return _("The experiment has ended; no more visitors will come.")
    if days_left is None:
        return _("No visitors came in the last days, so nobody can say how long it will take.")
    return ngettext(
        "About %(days)s more day at today’s traffic until the planned number of visitors is reached.",
        "About %(days)s more days at today’s traffic until the planned number of visitors is reached.",
        days_left,
    ) % {"days": formats.number(days_left)}


def _time_left(evidence: Evidence) -> str:
    days = evidence.days_left
    if not evidence.is_running or days is None or not evidence.mde:
        return until_planned(days, is_running=evidence.is_running)
    return ngettext(
        "About %(days)s more day at today’s traffic would show a change of %(mde)s if there is one. "
        "Nothing to do until then.",
        "About %(days)s more days at today’s traffic would show a change of %(mde)s if there is one. "
        "Nothing to do until then.",
        days,
    ) % {"days": formats.number(days), "mde": formats.percent(evidence.mde)}


def _said(estimate: Estimate) -> str:
    """“8.4% more visitors add to cart”, in the direction of the estimate."""
    lift = estimate.lift or 0.0
    pattern = estimate.metric.gain if lift >= 0 else estimate.metric.loss
    return str(pattern) % {"change": formats.percent(abs(lift), 1)}


def _interval(estimate: Estimate, evidence: Evidence) -> str:
    said = f"{truth_words(estimate.interval or (0.0, 0.0))} " + _(
        "You may stop and decide on any day: the interval allows for looking early."
    )
    if not evidence.rivals:
        return said
    several = _("It is wider than of one variant, since %(count)s were tried at once (Bonferroni).")
    return f"{said} {several % {'count': 1 + len(evidence.rivals)}}"


def _emphasised(pattern: str, **parts: str) -> SafeString:
    return format_html(pattern, **{name: format_html("<b>{}</b>", text) for name, text in parts.items()})
