"""What the tab of a placement's overrides shows: whom each is for, what it changes, and what is inherited."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.audiences.conditions import read_condition
from dashboard.audiences.models import Audience
from dashboard.audiences.pages import words_of
from dashboard.audiences.selectors import audiences_by_id, audiences_of
from dashboard.core.knob_words import KNOB_WORDS, KnobWords
from dashboard.policies import pages
from dashboard.policies.models import Placement
from dashboard.policies.rule_words import rule_sentence
from dashboard.policies.wording import KnobChange, override_knobs
from recommender.slate import KNOB_NAMES, Knobs, Rule


@dataclass(frozen=True)
class OverrideRow:
    """An override as it stands in the draft; `is_drafted`: it is not served so yet."""

    audience: Audience
    words: str
    knobs: list[KnobChange]
    rules: list[str]
    is_drafted: bool


@dataclass(frozen=True)
class KnobInput:
    """A knob that an override may change: `inherited` without it; `value` None: it inherits."""

    name: str
    words: KnobWords
    inherited: float
    value: float | None


def overrides_page(shop: Shop, placement: Placement, editing: int | None = None) -> dict[str, Any]:
    """`editing`: the audience whose override stands in the form."""
    page = pages.frame(shop, placement, "overrides")
    proposal = page["proposal"]
    knobs, published = Knobs.from_dict(proposal.knobs), proposal.published.overrides
    named = audiences_by_id(shop, [entry["audience"] for entry in (*proposal.overrides, *published)])
    words = words_of(shop)
    rows = [
        OverrideRow(
            audience=named[entry["audience"]],
            words=words.of(read_condition(named[entry["audience"]].expression)),
            knobs=override_knobs(knobs, entry),
            rules=[rule_sentence(Rule.from_dict(rule)) for rule in entry["rules"]],
            is_drafted=entry not in published,
        )
        for entry in proposal.overrides
    ]
    taken = {row.audience.pk for row in rows}
    edited = next((entry for entry in proposal.overrides if entry["audience"] == editing), None)
    return page | {
        "rows": rows,
        "going": [named[number] for number in proposal.override_changes.get("removed", ())],
        "choices": [audience for audience in audiences_of(shop) if audience.pk not in taken],
        "edited": named[edited["audience"]] if edited else None,
        "fields": _fields(knobs, edited["knobs"] if edited else {}),
    }


def _fields(inherited: Knobs, own: Mapping[str, Any]) -> list[KnobInput]:
    return [KnobInput(name, KNOB_WORDS[name], getattr(inherited, name), own.get(name)) for name in KNOB_NAMES]
