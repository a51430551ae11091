"""What else changed while an experiment ran, in words."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.experiments.selectors import Mark


def by_day(marks: Iterable[Mark]) -> dict[date, list[Mark]]:
    found: dict[date, list[Mark]] = {}
    for mark in sorted(marks, key=lambda mark: mark.day):
        found.setdefault(mark.day, []).append(mark)
    return found


def label_of(marks: Iterable[Mark]) -> str:
    """“rules · model”, for the mark of a day."""
    words = {"rules": _("rules"), "model": _("model"), "feed": _("feed")}
    return " · ".join(dict.fromkeys(words[mark.kind] for mark in marks))


def captions(marks: Sequence[Mark]) -> list[str]:
    """A sentence for each kind, with its days."""
    patterns = {
        "rules": _("Dashed: rules changed for everyone in the experiment, %(days)s."),
        "model": _("A new model version served everyone from %(days)s."),
        "feed": _("A feed changed much of the catalog on %(days)s."),
    }
    found = []
    for kind, pattern in patterns.items():
        days = sorted({mark.day for mark in marks if mark.kind == kind})
        if days:
            found.append(pattern % {"days": _(", ").join(formats.short_date(day) for day in days)})
    return found


def mark_in_words(mark: Mark) -> str:
    """“Model version 7”, “Feed “prices.csv””; rules are told by what changed in them."""
    if mark.kind == "model":
        return _("Model version %(version)s was published") % {"version": mark.what}
    if mark.kind == "feed":
        return _("The feed “%(name)s” changed much of the catalog") % {"name": mark.what}
    return _("Rules changed in all variants")
