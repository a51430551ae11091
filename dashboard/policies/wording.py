"""Knobs and rules in a merchant's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.audiences.selectors import audiences_by_id
from dashboard.core import formats
from dashboard.core.knob_words import KNOB_WORDS, KnobWords
from dashboard.policies.models import Policy
from dashboard.policies.option_words import option_changes
from dashboard.policies.overrides import StoredOverride
from dashboard.policies.rule_words import rule_sentence
from dashboard.policies.selectors import Proposal
from recommender.slate import KNOB_NAMES, Knobs, Rule


@dataclass(frozen=True)
class KnobField:
    """A slider with the value it stands at, the published one, and the one that the draft keeps."""

    name: str
    words: KnobWords
    value: float
    published: float
    kept: float

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


def knob_fields(published: Knobs, kept: Knobs, proposed: Mapping[str, float]) -> list[KnobField]:
    """The sliders of a page, in their order. `proposed`: where a person moved them without keeping it yet."""
    return [
        KnobField(
            name=name,
            words=KNOB_WORDS[name],
            value=float(proposed.get(name, getattr(kept, name))),
            published=getattr(published, name),
            kept=getattr(kept, name),
        )
        for name in KNOB_NAMES
    ]


def proposal_changes(proposal: Proposal) -> list[str]:
    """What a draft would change, a line each: knobs, rules that come, rules that go."""
    knobs = knob_changes(Knobs.from_dict(proposal.published.knobs), Knobs.from_dict(proposal.knobs))
    return [
        *(f"{change.label} {change.before} → {change.after}" for change in knobs),
        *option_changes(Knobs.from_dict(proposal.published.knobs), Knobs.from_dict(proposal.knobs)),
        *rule_changes(proposal),
        *override_lines(proposal),
    ]


def override_lines(proposal: Proposal) -> list[str]:
    """The overrides that a draft brings or changes, takes away, or puts into another order."""
    changes, knobs = proposal.override_changes, Knobs.from_dict(proposal.knobs)
    if not changes:
        return []
    drafted, gone = changes.get("set", []), changes.get("removed", [])
    ids = [*(entry["audience"] for entry in drafted), *gone]
    named = audiences_by_id(proposal.published.placement.shop, ids)
    return [
        *(_override_line(str(named[entry["audience"]]), entry, knobs) for entry in drafted),
        *(_("Override goes: %(name)s") % {"name": named[number]} for number in gone),
        *([_("Overrides in another order")] if "order" in changes else []),
    ]


def _override_line(name: str, stored: StoredOverride, knobs: Knobs) -> str:
    moved = [f"{change.label} {change.before} → {change.after}" for change in override_knobs(knobs, stored)]
    rules = [rule_sentence(Rule.from_dict(rule)) for rule in stored["rules"]]
    return _("For %(name)s: %(changes)s") % {"name": name, "changes": ", ".join([*moved, *rules])}


def override_knobs(inherited: Knobs, stored: StoredOverride) -> list[KnobChange]:
    """What an override makes of the knobs that everybody else has, those that it repeats too."""
    own = Knobs.from_dict({**inherited.to_dict(), **stored["knobs"]})
    return [
        KnobChange(
            KNOB_WORDS[name].label,
            formats.number(getattr(inherited, name), 2),
            formats.number(getattr(own, name), 2),
        )
        for name in KNOB_NAMES
        if name in stored["knobs"]
    ]


def rule_changes(proposal: Proposal) -> list[str]:
    """The rules that a draft brings, and those that it takes away."""
    return [
        *(_("New rule: %(rule)s") % {"rule": rule_sentence(Rule.from_dict(rule))} for rule in proposal.added),
        *(_("Rule goes: %(rule)s") % {"rule": rule_sentence(Rule.from_dict(rule))} for rule in proposal.removed),
    ]


def verb(count: int, back_to: Policy | None) -> str:
    """What the button does that publishes."""
    if back_to:
        return _("Go back to version %(version)s") % {"version": back_to.version}
    return ngettext("Publish %(count)s change", "Publish %(count)s changes", count) % {"count": formats.number(count)}


def question(count: int, placement: str, back_to: Policy | None) -> str:
    """The verb as a question, for the dialog's title."""
    return _("%(verb)s on %(placement)s?") % {"verb": verb(count, back_to), "placement": placement}


def clash_sentence(theirs: Mapping[str, str]) -> str:
    """`theirs`: {knob: the value that somebody else has given it in the draft meanwhile}."""
    moved = ", ".join(f"{KNOB_WORDS[name].label} {formats.number(float(value), 2)}" for name, value in theirs.items())
    return _(
        "Somebody moved the same knob in the draft meanwhile: %(moved)s. Yours stands below and is not kept yet: "
        "keep it, or discard it."
    ) % {"moved": moved}


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
