"""Why an item stands in a slate, in words first: what the visitor did, then what the policy did; figures behind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.core import formats
from dashboard.core.knob_words import KNOB_WORDS
from dashboard.policies.rule_words import rule_sentence
from dashboard.serving.moves import Moves
from dashboard.serving.moves import Without as Moved
from dashboard.serving.reasons import CHIPS, PINNED, left_words
from dashboard.serving.why import EXPLORATION, Deeds, Effect, ItemWhy, Stand, Why

Titles = Mapping[str, str]  # {item id: its title}
CLEAR_SHARE = 0.02  # of an item's score: what brings less is not named in a sentence
MOST_NAMED = 2
MOST_ROWS = 8  # of the figures of one item

#: What each model goes by.
SOURCES: dict[str, Promise] = {
    "encoder": gettext_lazy("the order in which they did things"),
    "transitions": gettext_lazy("what is often chosen next"),
    "user_knn": gettext_lazy("what similar visitors chose"),
    "content": gettext_lazy("likeness of descriptions"),
    "popularity": gettext_lazy("what sells now"),
}
_STRONGEST_FIRST = ("purchase", "add_to_cart", "add_to_wishlist", "select_item", "view_item")
_DID = {
    "purchase": lambda: _("they bought “%(item)s”"),
    "add_to_cart": lambda: _("they put “%(item)s” into the cart"),
    "add_to_wishlist": lambda: _("they put “%(item)s” on the wishlist"),
    "select_item": lambda: _("they opened “%(item)s” in a list"),
    "view_item": lambda: _("they viewed “%(item)s”"),
}


@dataclass(frozen=True)
class FigureRow:
    """What is left out, and where the item then stands."""

    words: str
    stand: Stand

    @property
    def score(self) -> str:
        return formats.number(self.stand.score, 4)


@dataclass(frozen=True)
class Figures:
    """All that stands behind the sentence of an item. `factors`: sentences; `more`: interactions that are not
    listed."""

    stand: FigureRow
    interactions: list[FigureRow]
    sources: list[FigureRow]
    policy: list[FigureRow]
    factors: list[str]
    more: int


def sentence(why: Why, item: ItemWhy, titles: Titles) -> str:
    """A few short sentences; never empty."""
    said = [*_because(item, titles), _policy_moves(why, item, titles), _exploration_moves(why, item)]
    return " ".join(part for part in said if part) or _reason(item)


def figures(item: ItemWhy, titles: Titles) -> Figures:
    interactions = [FigureRow(deed_words(one.cause, titles), one.without) for one in item.interactions]
    knobs = [FigureRow(KNOB_WORDS[one.cause].label, one.without) for one in item.knobs]
    rules = [FigureRow(rule_sentence(one.cause, titles), one.without) for one in item.rules]
    return Figures(
        stand=FigureRow(_("As it is"), item.stand),
        interactions=interactions[:MOST_ROWS],
        sources=[FigureRow(source_words(one.cause), one.without) for one in item.sources],
        policy=[*knobs, *rules],
        factors=list(_factors(item)),
        more=len(interactions[MOST_ROWS:]),
    )


def deed_words(deeds: Deeds, titles: Titles) -> str:
    """One row of what they did, as “Bought “Teapot”, 3 days ago”."""
    moment = datetime.fromtimestamp(deeds[-1].timestamp_seconds, UTC)
    words = {"deed": capfirst(_did(deeds, titles)), "moment": formats.ago(moment)}
    return _("%(deed)s, %(moment)s") % words


def source_words(name: str) -> str:
    """What a model goes by; a model without words by its name."""
    return str(SOURCES.get(name, name))


def _did(deeds: Deeds, titles: Titles) -> str:
    """The strongest of what they did with an item."""
    kinds = {deed.type for deed in deeds}
    kind = next((kind for kind in _STRONGEST_FIRST if kind in kinds), "view_item")
    return _DID[kind]() % {"item": _title(deeds, titles)}


def _title(deeds: Deeds, titles: Titles) -> str:
    item_id = deeds[0].item_id
    return titles.get(item_id, item_id)


def _because(item: ItemWhy, titles: Titles) -> Iterator[str]:
    """What the visitor did that brings the item, and where it would stand without."""
    if item.slot.reason == PINNED:
        yield _("A rule pins it here, whatever they did.")
        return
    least = CLEAR_SHARE * (item.stand.score or 0.0)
    clear = [one for one in item.items if one.adds > max(least, 0.0)][:MOST_NAMED]
    if not clear:
        yield _without_cause(item)
        return
    named = [_did(one.cause, titles) for one in clear]
    both = _("Because %(first)s, and %(second)s.")
    yield (
        both % {"first": named[0], "second": named[1]}
        if len(named) > 1
        else _("Because %(deed)s.") % {"deed": named[0]}
    )
    yield _consequence(item, clear, titles)


def _consequence(item: ItemWhy, clear: Sequence[Effect[Deeds]], titles: Titles) -> str:
    position = item.stand.position
    if position is None:
        return ""
    moved = next((one for one in clear if one.without.position != position), None)
    if moved is None:
        return _("Without one of these alone it would stand where it stands.")
    words = {"item": _title(moved.cause, titles), "position": moved.without.position}
    if moved.without.position is None:
        return _("Without “%(item)s” it would not be shown.") % words
    return _("Without “%(item)s” it would stand at %(position)s.") % words


def _without_cause(item: ItemWhy) -> str:
    """Of an item that no single thing brings: by what the models go, if one does."""
    clear = [one for one in item.sources if one.adds > CLEAR_SHARE * (item.stand.score or 0.0)]
    if not clear:
        return _reason(item)
    return _("No single thing that they did brings it: it comes by %(source)s.") % {
        "source": source_words(clear[0].cause)
    }


def _reason(item: ItemWhy) -> str:
    label, _icon, _tone = CHIPS.get(item.slot.reason, CHIPS["interest"])
    return _("%(reason)s.") % {"reason": label}


def _policy_moves(why: Why, item: ItemWhy, titles: Titles) -> str:
    """What knobs and rules did to the position, without exploration."""
    if item.stand.position is None or item.slot.reason == PINNED:
        return ""
    moves = [Moved(KNOB_WORDS[one.cause].label, one.lineup.positions) for one in why.knobs]
    of_rule = _("The rule “%(rule)s”")
    named = [(of_rule % {"rule": rule_sentence(one.cause, titles)}, one.lineup) for one in why.rules]
    moves += [Moved(words, lineup.positions) for words, lineup in named]
    return Moves(moves, is_changed=False).why(item.slot.item_id, item.stand.position)


def _exploration_moves(why: Why, item: ItemWhy) -> str:
    """What this draw did to it."""
    moves = Moves([Moved(KNOB_WORDS[EXPLORATION].label, why.whole.positions)], is_changed=False)
    return moves.why(item.slot.item_id, item.slot.position)


def _factors(item: ItemWhy) -> Iterator[str]:
    if item.factors.fatigue < 1.0:
        shown = capfirst(left_words(item.slot.left))
        share = formats.percent(item.factors.fatigue)
        yield _("%(shown)s: %(share)s of its chance is left.") % {"shown": shown, "share": share}
    if item.factors.worth != 1.0:
        times = formats.times(item.factors.worth, 2)
        yield _("Others chose it %(times)s as often as its score lets expect.") % {"times": times}
