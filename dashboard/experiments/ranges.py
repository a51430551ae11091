"""A range of plausible values in words: of an end that the data do not tell, no figure is told.

An interval that reaches down to all that there was to lose says nothing of its lower end (`LEAST_CHANGE`).
"""

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.experiments.estimates import LEAST_CHANGE, Interval

WIDE_OPEN = 1.0  # an upper end of twice as much beside no lower one: such a range says nothing at all


def is_open(interval: Interval) -> bool:
    """Whether its lower end is not told by the data."""
    return interval[0] <= LEAST_CHANGE


def range_words(interval: Interval | None) -> str:
    """“−14.1% … +23.8%”; of an open range its upper end, where that says something."""
    if interval is None:
        return formats.UNKNOWN
    low, high = map(formats.signed_percent, interval)
    if not is_open(interval):
        return f"{low} … {high}"
    if interval[1] >= WIDE_OPEN:
        return _("too few visitors for a range")
    return _ceiling(_("%(high)s or lower"), _("%(high)s at most"), interval)


def truth_words(interval: Interval) -> str:
    """The same as a sentence: “The true change lies between −14.1% and +23.8%.”"""
    if not is_open(interval):
        low, high = map(formats.signed_percent, interval)
        return _("The true change lies between %(low)s and %(high)s.") % {"low": low, "high": high}
    if interval[1] >= WIDE_OPEN:
        return _("Visitors are too few to say between which values the true change lies.")
    return _ceiling(_("The true change is %(high)s or lower."), _("The true change is %(high)s at most."), interval)


def _ceiling(below: str, above: str, interval: Interval) -> str:
    """`below`: where the upper end is a loss too."""
    high = interval[1]
    return (below if high < 0 else above) % {"high": formats.signed_percent(high)}
