"""Rules, what they do and what is doubtful of them, in a merchant's words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.core import clock, formats
from dashboard.policies.rule_checks import Check, Doubt
from dashboard.policies.rule_states import Reason, RuleState, State
from recommender.slate import Range, Rule

Titles = Mapping[str, str]  # {item id: its title}
_SENTENCES = {
    "pin": lambda: _("Pin %(items)s to position %(position)s"),
    "boost": lambda: _("Lift %(items)s by %(strength)s"),
    "bury": lambda: _("Lower %(items)s by %(strength)s"),
    "exclude": lambda: _("Never show %(items)s"),
    "include_only": lambda: _("Show only %(items)s"),
}
_MATCHES = {
    "item_id": lambda: _("item %(value)s"),
    "categories": lambda: _("items of the category %(value)s"),
    "category": lambda: _("items whose first category is %(value)s"),
    "brand": lambda: _("items of the brand %(value)s"),
    "group_id": lambda: _("variants of %(value)s"),
}
_REASONS = {
    Reason.OUT_OF_STOCK: lambda: _("What matches is out of stock."),
    Reason.EXCLUDED: lambda: _("Another rule keeps it out: %(rule)s."),
    Reason.NOT_INCLUDED: lambda: _("Another rule keeps it out: %(rule)s."),
    Reason.TAKEN: lambda: _("Its item is pinned already: %(rule)s."),
    Reason.NO_PLACE: lambda: _("The slate has no position left for it."),
    Reason.CANCELLED: lambda: _("Another rule does the opposite, as strongly: %(rule)s."),
    Reason.OUTWEIGHED: lambda: _("Another rule does the opposite, more strongly: %(rule)s."),
}
BADGES = {
    State.ACTS: ("positive", lambda: _("acts")),
    State.WAITS: ("info", lambda: _("waits")),
    State.OVER: ("", lambda: _("over")),
    State.MATCHES_NOTHING: ("caution", lambda: _("matches nothing")),
    State.CROWDED_OUT: ("caution", lambda: _("crowded out")),
}


def rule_sentence(rule: Rule, titles: Titles | None = None) -> str:
    """A rule as a sentence; its items by their titles where they are known."""
    words = {
        "items": _(" and ").join(_match(name, wanted, titles or {}) for name, wanted in rule.match),
        "position": rule.position or "",
        "strength": formats.number(rule.strength, 2),
    }
    return _SENTENCES[rule.kind]() % words


def rule_period(rule: Rule) -> str:
    """When a rule holds."""
    start, end = _time(rule.starts_at), _time(rule.ends_at)
    if start and end:
        return _("from %(start)s until %(end)s") % {"start": start, "end": end}
    if start:
        return _("from %(start)s") % {"start": start}
    return _("until %(end)s") % {"end": end} if end else _("always")


def badge(state: RuleState) -> tuple[str, str]:
    """(tone, words) of a state."""
    tone, words = BADGES[state.state]
    if state.state is State.WAITS and state.rule.starts_at is not None:
        return tone, _("waits until %(start)s") % {"start": _day(state.rule.starts_at)}
    return tone, words()


def effect(state: RuleState, rules: Sequence[Rule], titles: Titles | None = None) -> str:
    """What a merchant should know of a rule's state beside its name; "" where there is nothing to add. `rules` are
    those that the states were made of."""
    if state.state is State.MATCHES_NOTHING:
        if state.rule.kind == "include_only":
            return _("No item of your catalog matches: nothing is shown.")
        return _("No item of your catalog matches.")
    if state.reason is not None:
        by = rule_sentence(rules[state.by], titles) if state.by is not None else _("several rules together")
        return _REASONS[state.reason]() % {"rule": by}
    if state.is_moved:
        return _("It stands at position %(position)s: those before are taken.") % {"position": state.position}
    return ""


def items_sentence(state: RuleState) -> str:
    """How many items match, and how many of them can be shown."""
    found = ngettext("%(count)s item matches", "%(count)s items match", state.items)
    words = found % {"count": formats.number(state.items)}
    if state.servable == state.items:
        return words
    return _("%(items)s, %(count)s of them in stock") % {"items": words, "count": formats.number(state.servable)}


def drafted_sentence(state: RuleState, rules: Sequence[Rule], titles: Titles | None = None) -> str:
    """What a rule that was put into the draft does once that is published: never that it acts where it does not."""
    if state.state is State.ACTS:
        return _("In the draft: %(rule)s. It acts once the draft is published.") % {
            "rule": rule_sentence(state.rule, titles)
        }
    if state.state is State.WAITS:
        return _("The rule is in the draft. It begins on %(start)s.") % {
            "start": formats.date_and_time(state.rule.starts_at)
        }
    if state.state is State.OVER:
        return _("The rule is over since %(end)s.") % {"end": formats.date_and_time(state.rule.ends_at)}
    return _("The rule is in the draft, but would do nothing now. %(reason)s") % {
        "reason": effect(state, rules, titles)
    }


def doubt_sentences(check: Check, titles: Titles | None = None) -> list[str]:
    """What is asked of a person before the rule is taken."""
    return [sentence for doubt in check.doubts for sentence in _doubt(doubt, check, titles)]


def left_sentence(left: int) -> str:
    found = ngettext("%(count)s product is left to show", "%(count)s products are left to show", left)
    return found % {"count": formats.number(left)}


def supply_sentence(left: int, slate_size: int) -> str:
    """What rules leave of the catalog for slates of a size."""
    if not left:
        return _("Nothing is left to show: this placement would be empty.")
    words = {"left": formats.number(left), "size": formats.number(slate_size)}
    return (
        ngettext(
            "Only %(left)s product is left for the %(size)s places of a slate.",
            "Only %(left)s products are left for the %(size)s places of a slate.",
            left,
        )
        % words
    )


def _doubt(doubt: Doubt, check: Check, titles: Titles | None) -> list[str]:
    rules = (*check.rules, check.rule)
    if doubt is Doubt.DUPLICATE:
        return [_("This rule is there already.")]
    if doubt is Doubt.OVER:
        return [_("It would be over before it begins to act.")]
    if doubt is Doubt.HARMS:
        return [_harm(state, rules, titles) for state in check.harmed.values()]
    if doubt is Doubt.LEAVES_FEW:
        return [supply_sentence(check.left or 0, check.slate_size)]
    return [effect(check.state, rules, titles)]


def _harm(state: RuleState, rules: Sequence[Rule], titles: Titles | None) -> str:
    words = {"rule": rule_sentence(state.rule, titles), "position": state.position}
    if state.state is State.ACTS:
        return _("Another pin moves to position %(position)s: %(rule)s.") % words
    return _("Another rule does nothing any more: %(rule)s.") % words


def _match(name: str, wanted: Any, titles: Titles) -> str:
    if name == "item_id" and isinstance(wanted, str) and titles.get(wanted):
        return _("“%(title)s” (%(id)s)") % {"title": titles[wanted], "id": wanted}
    words = {"value": f"“{_value(wanted)}”", "field": name}
    template = _MATCHES[name]() if name in _MATCHES else _("items whose %(field)s is %(value)s")
    return template % words


def _value(wanted: Any) -> str:
    if isinstance(wanted, Range):
        bounds = [wanted.minimum, wanted.maximum]
        return "–".join("" if abs(bound) == float("inf") else f"{bound:g}" for bound in bounds)
    return ", ".join(map(str, wanted)) if isinstance(wanted, tuple) else str(wanted)


def _time(moment: datetime | None) -> str:
    """With its year where that is not this one."""
    if moment is None:
        return ""
    return formats.short_time(moment) if _is_of_this_year(moment) else formats.date_and_time(moment)


def _day(moment: datetime) -> str:
    return formats.short_date(moment) if _is_of_this_year(moment) else formats.full_date(moment)


def _is_of_this_year(moment: datetime) -> bool:
    return formats.local(moment).year == formats.local(clock.now()).year
