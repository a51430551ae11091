"""Knobs and rules in a merchant's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
