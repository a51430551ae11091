"""Sentences of a segment's page: who members are, what they want and what they are worth, of the same figures that its
charts and tables show."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.core import formats
from dashboard.events.selectors import privacy_of
from dashboard.segments.profile import Profile
from dashboard.segments.profile_parts import Breadth, Label

_SAME = 0.05  # of what is usual: who spends so little more or less spends as much
PENNIES_BELOW = 100


@dataclass(frozen=True)
class Answer:
    """`who` and what they want; `worth`: what they are worth, empty where it may not be told."""

    who: str
    worth: str


def answer_of(profile: Profile) -> Answer:
    return Answer(_who(profile), _worth(profile))


def wanted_of(profile: Profile) -> list[Label]:
    """Categories that surely set the segment apart, the strongest first; none that the shop has barred from names."""
    barred = [word.casefold() for word in privacy_of(profile.shop.pk).barred_names]
    return [
        label
        for label in profile.categories
        if label.times.low > 1 and not any(word in label.label.casefold() for word in barred)
    ]


def _who(profile: Profile) -> str:
    wanted = wanted_of(profile)[:2]
    said = {"visitors": formats.number(profile.members)}
    if not wanted:
        return (
            ngettext(
                "%(visitors)s visitor of mixed tastes: no category sets them apart.",
                "%(visitors)s visitors of mixed tastes: no category sets them apart.",
                profile.members,
            )
            % said
        )
    first = wanted[0]
    said |= {
        "category": first.label,
        "share": formats.percent(first.share.value),
        "times": formats.times(first.times.value),
    }
    sentence = ngettext(
        "%(visitors)s visitor wants %(category)s: %(share)s of what they choose, %(times)s the usual.",
        "%(visitors)s visitors want %(category)s: %(share)s of what they choose, %(times)s the usual.",
        profile.members,
    )
    told = sentence % said
    if len(wanted) > 1:
        told += " " + _("Next comes %(category)s, %(times)s the usual.") % {
            "category": wanted[1].label,
            "times": formats.times(wanted[1].times.value),
        }
    return told


def _worth(profile: Profile) -> str:
    worth = profile.worth
    if worth is None or worth.revenue_share is None:
        return ""
    said = {
        "share": formats.percent(worth.revenue_share),
        "each": _amount(worth.spent_each.value, profile.shop.currency),
        "times": formats.times(worth.times),
    }
    if worth.times is None or abs(worth.times - 1) < _SAME:
        return _("They bring %(share)s of the revenue, %(each)s each, as much as any visitor.") % said
    return _("They bring %(share)s of the revenue, %(each)s each, %(times)s what any visitor spends.") % said


def _amount(value: float, currency: str) -> str:
    """Small ones to the penny."""
    return formats.money(value, currency) if value < PENNIES_BELOW else formats.whole_money(value, currency)


def breadth_sentence(breadth: Breadth) -> str:
    """Whether members explore or keep to a few kinds."""
    said = {"kinds": formats.number(breadth.kinds.value, 1), "usual": formats.number(breadth.usual, 1)}
    if breadth.leaning == "explorers":
        return _("Explorers: five of a member’s items are of %(kinds)s kinds, of any visitor’s %(usual)s.") % said
    if breadth.leaning == "specialists":
        return _("Specialists: five of a member’s items are of %(kinds)s kinds, of any visitor’s %(usual)s.") % said
    return (
        _("As broad as the shop: five of a member’s items are of %(kinds)s kinds, of any visitor’s %(usual)s.") % said
    )


def band(label: Label, currency: str) -> str:
    """A band of prices in words."""
    low, high = (None if edge is None else formats.money(edge, currency) for edge in (label.low, label.high))
    if low is None:
        return _("below %(price)s") % {"price": high}
    return _("%(price)s and more") % {"price": low} if high is None else f"{low}–{high}"
