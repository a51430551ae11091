"""Why an item stands in a slate: a code for machines, a sentence for people."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashboard.core import formats
from dashboard.serving.request_context import RequestContext
from recommender.serving import Reason

EXPLORE = "explore"
PINNED = "pinned"
_FALLBACKS = {"content", "segment_popular", "popular", "newest", "rule", "new"}

#: Short words for a chip on a page, with the icon and tone that go with them.
CHIPS: dict[str, tuple[str | Promise, str, str]] = {
    "viewed": (gettext_lazy("Goes with what they viewed"), "eye", ""),
    "carted": (gettext_lazy("Goes with their cart"), "bag", ""),
    "bought": (gettext_lazy("Goes with what they bought"), "bag", ""),
    "interest": (gettext_lazy("Fits their interests"), "sprout", "accent"),
    "popular": (gettext_lazy("Popular in the shop"), "arrow-up", ""),
    "segment_popular": (gettext_lazy("Popular in their segment"), "segments", ""),
    "content": (gettext_lazy("Alike by its description"), "mix", ""),
    "newest": (gettext_lazy("New in the catalog"), "clock", ""),
    "rule": (gettext_lazy("Lifted by a rule"), "arrow-up", ""),
    "new": (gettext_lazy("New in the catalog"), "clock", ""),
    PINNED: (gettext_lazy("Pinned by a rule"), "pin", ""),
    EXPLORE: (gettext_lazy("Worth finding out"), "compass", "explore"),
}


class Place(NamedTuple):
    """An item of a slate, as far as its reason depends on it."""

    item_id: str
    source: str
    explored: bool
    pinned: bool


def reasons_for(context: RequestContext, places: Sequence[Place]) -> list[tuple[str, str]]:
    """(code, the item of the visitor's history that it rests on, or "") for each item of a slate."""
    asked = [place.item_id for place in places if _rests_on_history(context, place)]
    found = context.model.recommender.reasons(asked, context.evidence) if context.model and asked else []
    reason_of = dict(zip(asked, found, strict=True))
    return [_reason(place, reason_of.get(place.item_id)) for place in places]


def _rests_on_history(context: RequestContext, place: Place) -> bool:
    return not (place.pinned or place.explored or place.source in _FALLBACKS or context.model is None)


def _reason(place: Place, found: Reason | None) -> tuple[str, str]:
    if place.pinned:
        return PINNED, ""
    if place.explored:
        return EXPLORE, ""
    if found is None:
        return place.source, ""
    return (found.kind if found.kind in CHIPS else "interest"), found.item_id or ""


def sentence(code: str, because_of: str = "", left: int = 0) -> str:
    """The reason in words. `because_of`: the title of the item that it rests on; `left`: as of a `SlateItem`."""
    reason = _reason_words(code, because_of)
    return f"{reason}; {left_words(left)}" if left else reason


def left_words(count: int) -> str:
    """That the visitor was shown an item so often and left it."""
    return ngettext("shown %(count)s time, not opened", "shown %(count)s times, not opened", count) % {
        "count": formats.number(count)
    }


def _reason_words(code: str, because_of: str) -> str:
    if because_of and code in _BECAUSE:
        return _BECAUSE_WORDS[code]() % {"item": because_of}
    return _SENTENCES.get(code, _SENTENCES["interest"])()


_BECAUSE_WORDS = {
    "viewed": lambda: _("because you viewed “%(item)s”"),
    "carted": lambda: _("goes with “%(item)s” in your cart"),
    "bought": lambda: _("goes with “%(item)s”, which you bought"),
    "interest": lambda: _("fits your interest in things like “%(item)s”"),
}
_BECAUSE = frozenset(_BECAUSE_WORDS)
_SENTENCES = {
    "viewed": lambda: _("goes with what you viewed"),
    "carted": lambda: _("goes with your cart"),
    "bought": lambda: _("goes with what you bought"),
    "interest": lambda: _("fits your interests"),
    "popular": lambda: _("popular in this shop"),
    "segment_popular": lambda: _("popular with visitors like you"),
    "content": lambda: _("similar to what you are looking at"),
    "newest": lambda: _("new in this shop"),
    "rule": lambda: _("picked by the shop"),
    "new": lambda: _("new in this shop"),
    PINNED: lambda: _("picked by the shop"),
    EXPLORE: lambda: _("worth finding out about"),
}
