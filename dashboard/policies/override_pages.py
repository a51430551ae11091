"""What the tab of a placement's overrides shows: whom each is for, what it changes, and what is inherited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.audiences.conditions import read_condition
from dashboard.audiences.facts import visitor_facts
from dashboard.audiences.models import Audience
from dashboard.audiences.pages import words_of
from dashboard.audiences.selectors import audiences_by_id, audiences_of, ready_audiences
from dashboard.core import clock
from dashboard.core.knob_words import KNOB_WORDS, KnobWords
from dashboard.policies import pages
from dashboard.policies.models import Placement
from dashboard.policies.rule_words import rule_sentence
from dashboard.policies.selectors import rule_key
from dashboard.policies.wording import KnobChange, override_knobs
from recommender.slate import KNOB_NAMES, Knobs, Rule


@dataclass(frozen=True)
class OverrideRow:
    """An override as it stands in the draft; `rules`: (key, sentence); `is_drafted`: it is not served so yet."""

    audience: Audience
    words: str
    knobs: list[KnobChange]
    rules: list[tuple[str, str]]
    is_drafted: bool


@dataclass(frozen=True)
class KnobInput:
    """A knob that an override may change: `inherited` without it; `value` None: it inherits."""

    name: str
    words: KnobWords
    inherited: float
    value: float | None


@dataclass(frozen=True)
class Met:
    """What a visitor meets, by the draft: which of the audiences it belongs to (by key), and the first of them."""

    visitor_id: str
    is_in: frozenset[int]
    first: OverrideRow | None


def overrides_page(
    shop: Shop, placement: Placement, editing: int | None = None, visitor_id: str = ""
) -> dict[str, Any]:
    """`editing`: the audience whose override stands in the form, made there where it has none; `visitor_id`: of whom it
    is told which override they meet."""
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
            rules=[(rule_key(rule), rule_sentence(Rule.from_dict(rule))) for rule in entry["rules"]],
            is_drafted=entry not in published,
        )
        for entry in proposal.overrides
    ]
    taken = {row.audience.pk for row in rows}
    edited = next((entry for entry in proposal.overrides if entry["audience"] == editing), None)
    choices = [audience for audience in audiences_of(shop) if audience.pk not in taken]
    return page | {
        "rows": rows,
        "going": [named[number] for number in proposal.override_changes.get("removed", ())],
        "choices": choices,
        "edited": next((each for each in [*named.values(), *choices] if each.pk == editing), None),
        "edited_rules": next((row.rules for row in rows if row.audience.pk == editing), []),
        "fields": _fields(knobs, edited["knobs"] if edited else {}),
        "visitors": pages.preview_visitors(shop) if rows else [],
        "met": met_by(shop, visitor_id, rows) if visitor_id and rows else None,
    }


def met_by(shop: Shop, visitor_id: str, rows: Sequence[OverrideRow]) -> Met:
    """By what is known of the visitor now, as it is judged when a slate is asked for."""
    facts = visitor_facts(shop_id=shop.pk, currency=shop.currency, visitor_id=visitor_id, now=clock.now())
    ready = ready_audiences(shop.pk)
    is_in = frozenset(row.audience.pk for row in rows if ready[row.audience.pk].condition.holds(facts))
    return Met(visitor_id, is_in, next((row for row in rows if row.audience.pk in is_in), None))


def _fields(inherited: Knobs, own: Mapping[str, Any]) -> list[KnobInput]:
    return [KnobInput(name, KNOB_WORDS[name], getattr(inherited, name), own.get(name)) for name in KNOB_NAMES]
