"""Knobs and rules in a merchant's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.core.knob_words import KNOB_WORDS, KnobWords
from dashboard.policies.models import Policy
from recommender.slate import KNOB_NAMES, Knobs


@dataclass(frozen=True)
class KnobField:
    """A slider with the value it stands at and the published one."""

    name: str
    words: KnobWords
    value: float
    published: float

    @property
    def tick(self) -> str:
        """Where the mark of the published value stands, in percent."""
        return f"{self.published * 100:.0f}"


@dataclass(frozen=True)
class KnobChange:
    """A knob that the proposal moves."""

    label: str
    before: str
    after: str


_ORIGINS: dict[str, Callable[[], str]] = {
    Policy.Origin.START: lambda: _("Where you start"),
    Policy.Origin.BACK: lambda: _("Back to version %(version)s"),
    Policy.Origin.UNDO: lambda: _("Undone: as version %(version)s"),
    Policy.Origin.VARIANT: lambda: _("Variant B of an experiment"),
    Policy.Origin.TESTED: lambda: _("Version %(version)s, with the rules that were changed since"),
    Policy.Origin.API: lambda: _("Drafted through the API"),
}
_RULE_SENTENCES = {
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


def knob_fields(published: Knobs, proposed: Mapping[str, float]) -> list[KnobField]:
    """The sliders of a page, in their order."""
    return [
        KnobField(name, KNOB_WORDS[name], float(proposed.get(name, getattr(published, name))), getattr(published, name))
        for name in KNOB_NAMES
    ]


def knob_changes(published: Knobs, proposed: Knobs) -> list[KnobChange]:
    pairs = [(name, getattr(published, name), getattr(proposed, name)) for name in KNOB_NAMES]
    return [
        KnobChange(KNOB_WORDS[name].label, formats.number(before, 2), formats.number(after, 2))
        for name, before, after in pairs
        if before != after
    ]


def origin_sentence(policy: Policy) -> str:
    """What a version came from, where that is more than somebody's draft."""
    sentence = _ORIGINS.get(policy.origin)
    return sentence() % {"version": policy.origin_version} if sentence else ""


def rule_sentence(rule: Mapping[str, Any]) -> str:
    """A stored rule as a sentence."""
    words = {
        "items": _join([_match(name, value) for name, value in rule["match"].items()]),
        "position": rule.get("position", ""),
        "strength": formats.number(rule.get("strength", 0.5), 2),
    }
    return _RULE_SENTENCES[rule["kind"]]() % words


def rule_period(rule: Mapping[str, Any]) -> str:
    """When a rule holds."""
    starts_at, ends_at = (
        formats.short_time(datetime.fromisoformat(rule[name])) if rule.get(name) else ""
        for name in ("starts_at", "ends_at")
    )
    if starts_at and ends_at:
        return _("from %(start)s until %(end)s") % {"start": starts_at, "end": ends_at}
    if starts_at:
        return _("from %(start)s") % {"start": starts_at}
    return _("until %(end)s") % {"end": ends_at} if ends_at else _("always")


def _match(name: str, value: Any) -> str:
    words = {"value": f"“{_value(value)}”", "field": name}
    template = _MATCHES[name]() if name in _MATCHES else _("items whose %(field)s is %(value)s")
    return template % words


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value.get('min', '')}–{value.get('max', '')}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(str(entry) for entry in value)
    return str(value)


def _join(parts: list[str]) -> str:
    return _(" and ").join(parts)
