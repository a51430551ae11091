"""What an interleaving says, in sentences: which policy visitors prefer, and what to do with that."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.core import formats
from dashboard.experiments.verdicts import Verdict, until_planned
from recommender.statistics import Preference

HALF = 0.5
LEAST_PREFERRING = 20  # visitors who prefer one, before anything is said


def preference_verdict(
    clicks: Preference,
    purchases: Preference,
    *,
    visitors: int,
    is_full: bool,
    is_running: bool,
    days_left: int | None,
) -> Verdict:
    """Clicks decide; purchases, of which there are fewer, are told where they clearly say the opposite."""
    if not visitors:
        sentence = SafeString(_("No visitor has seen a slate of both yet."))
        because = _("Results appear as soon as slates are asked for at this placement with a visitor id.")
        return Verdict("early", _("Waiting for visitors"), sentence, because)
    if clicks.share is None or clicks.count < LEAST_PREFERRING:
        return Verdict("early", _("Not enough data yet"), _few(clicks), until_planned(days_left, is_running=is_running))
    low, high = clicks.ci
    if low > HALF or high < HALF:
        return _preferred("B" if low > HALF else "A", clicks, purchases)
    if is_full:
        return Verdict("even", _("No clear preference"), _unclear(clicks), _range(clicks))
    return Verdict("early", _("Too early to say"), _unclear(clicks), until_planned(days_left, is_running=is_running))


def _preferred(team: str, clicks: Preference, purchases: Preference) -> Verdict:
    of_them = clicks.share if team == "B" else 1.0 - (clicks.share or 0.0)
    sentence = format_html(
        _("Of those who chose, {share} clicked more items of {team}."),
        share=format_html("<b>{}</b>", formats.percent(of_them, 1)),
        team=format_html("<b>{}</b>", team),
    )
    word = _("Visitors prefer %(team)s") % {"team": team}
    advice = (
        _("Test B against A now: that says what it earns.") if team == "B" else _("Keep A, or try a bolder change.")
    )
    return Verdict("preferred", word, sentence, " ".join([_range(clicks), *_against(team, purchases), advice]))


def _against(team: str, purchases: Preference) -> list[str]:
    low, high = purchases.ci
    if (team == "B" and high < HALF) or (team == "A" and low > HALF):
        return [_("What was bought clearly says the opposite: do not trust the clicks.")]
    return []


def _few(clicks: Preference) -> SafeString:
    said = ngettext(
        "%(count)s visitor clicked more items of one than of the other; nothing can be said yet.",
        "%(count)s visitors clicked more items of one than of the other; nothing can be said yet.",
        clicks.count,
    )
    return SafeString(said % {"count": formats.number(clicks.count)})


def _unclear(clicks: Preference) -> SafeString:
    said = _("Of those who chose, %(share)s clicked more items of B; half would be no preference.")
    return SafeString(said % {"share": formats.percent(clicks.share, 1)})


def _range(clicks: Preference) -> str:
    words = {"low": formats.percent(clicks.ci[0], 1), "high": formats.percent(clicks.ci[1], 1)}
    return _("The true share for B lies between %(low)s and %(high)s, whenever you look.") % words
