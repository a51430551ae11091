"""What the page of a placement's rules shows: each with its state, by what a merchant has to do about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.catalog.picking import attribute_names, items_like, resolved_value, values_like
from dashboard.catalog.servable import ServableItem, item_labels
from dashboard.core import clock
from dashboard.policies import rule_words
from dashboard.policies.models import Placement
from dashboard.policies.pages import frame
from dashboard.policies.rule_checks import Check, check_rule
from dashboard.policies.rule_states import RuleState, State, rule_states
from dashboard.policies.selectors import Proposal, proposal_of, rule_key
from recommender.slate import Rule

OPTIONS = 8  # at once, while one types
ICONS = {"pin": "pin", "boost": "arrow-up", "bury": "arrow-down", "exclude": "close", "include_only": "check"}


@dataclass(frozen=True)
class RuleRow:
    """One rule on the page. `item` is the one that it is about, if it is about one; `is_new`: only in the draft."""

    state: RuleState
    rules: tuple[Rule, ...]
    labels: dict[str, ServableItem]
    is_new: bool = False

    @property
    def key(self) -> str:
        return rule_key(self.rule.to_dict())

    @property
    def rule(self) -> Rule:
        return self.state.rule

    @property
    def icon(self) -> str:
        return ICONS[self.rule.kind]

    @property
    def item(self) -> ServableItem | None:
        wanted = dict(self.rule.match).get("item_id")
        return self.labels.get(wanted) if isinstance(wanted, str) else None

    @cached_property
    def titles(self) -> dict[str, str]:
        return {item_id: label.title for item_id, label in self.labels.items()}

    @property
    def sentence(self) -> str:
        return rule_words.rule_sentence(self.rule, self.titles)

    @property
    def period(self) -> str:
        return rule_words.rule_period(self.rule)

    @property
    def badge(self) -> tuple[str, str]:
        return rule_words.badge(self.state)

    @property
    def effect(self) -> str:
        return rule_words.effect(self.state, self.rules, self.titles)

    @property
    def items(self) -> str:
        return rule_words.items_sentence(self.state)

    def ended_now(self) -> dict[str, Any]:
        """The rule as it is stored, ended at this moment."""
        return {**self.rule.to_dict(), "ends_at": clock.now().isoformat()}

    @property
    def can_edit(self) -> bool:
        """Whether the form can say all of it."""
        return len(self.rule.match) == 1 and isinstance(self.rule.match[0][1], str)

    @property
    def can_end(self) -> bool:
        """Whether it may be ended now: it has begun, and goes on."""
        return self.state.state not in (State.WAITS, State.OVER)


@dataclass(frozen=True)
class RuleGroup:
    """Rules that ask the same of a merchant, under a heading."""

    key: str
    title: str
    rows: list[RuleRow]


@dataclass(frozen=True)
class Checked:
    """A rule as it was typed, among the others: what it would do, and what of it is to be confirmed.

    `corrected`: the value as the catalog spells it, where that differs; `meant`: values that may have been meant.
    """

    check: Check
    labels: dict[str, ServableItem]
    corrected: str
    meant: tuple[str, ...]

    @cached_property
    def row(self) -> RuleRow:
        return RuleRow(self.check.state_now, (*self.check.rules, self.check.rule), self.labels)

    @property
    def doubts(self) -> list[str]:
        return rule_words.doubt_sentences(self.check, self.row.titles)

    @property
    def left_sentence(self) -> str:
        """How much a rule that keeps something out leaves, where that is enough."""
        if self.check.left is None or self.check.leaves_few:
            return ""
        return rule_words.left_sentence(self.check.left)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(value, how it is called) of what may have been meant."""
        return [(value, self.row.titles.get(value, "")) for value in self.meant]


def rules_page(shop: Shop, placement: Placement) -> dict[str, Any]:
    """The rules as they will be with the draft, each with its state by then; `counts` are of the published ones."""
    page = frame(shop, placement, "rules")
    proposal: Proposal = page["proposal"]
    served = rule_rows(shop, placement, page["policy"].rules)
    new = {rule_key(rule) for rule in proposal.added}
    rows = rule_rows(shop, placement, proposal.rules) if proposal.changes_rules else served
    rows = [replace(row, is_new=row.key in new) for row in rows]
    counts = {group.key: len(group.rows) for group in grouped(served)}
    gone = {rule_key(rule) for rule in proposal.removed}
    going = [row for row in served if row.key in gone]
    return page | {"rows": rows, "groups": grouped(rows), "going": going, "counts": counts}


def options(shop: Shop, field: str, text: str) -> dict[str, Any]:
    """What may be picked for a text: items with their pictures, or values with their counts."""
    if field == "item_id":
        return {"items": items_like(shop.pk, text, limit=OPTIONS)}
    return {"values": values_like(shop.pk, field, text, clock.now(), limit=OPTIONS)}


def rule_rows(shop: Shop, placement: Placement, stored: Sequence[dict[str, Any]]) -> list[RuleRow]:
    """Stored rules of a placement with their states now."""
    rules = tuple(Rule.from_dict(entry) for entry in stored)
    labels = _labels(shop, rules)
    return [RuleRow(state, rules, labels) for state in rule_states(shop.pk, rules, placement.slate_size, clock.now())]


def grouped(rows: Iterable[RuleRow]) -> list[RuleGroup]:
    """Those that do nothing first, those that are over last."""
    groups = {
        "idle": (_("Does nothing"), (State.MATCHES_NOTHING, State.CROWDED_OUT)),
        "acting": (_("Acting"), (State.ACTS,)),
        "waiting": (_("Waiting"), (State.WAITS,)),
        "over": (_("Over"), (State.OVER,)),
    }
    listed = list(rows)
    made = [
        RuleGroup(key, title, [row for row in listed if row.state.state in states])
        for key, (title, states) in groups.items()
    ]
    return [group for group in made if group.rows]


def checked_rule(
    shop: Shop,
    placement: Placement,
    raw: dict[str, Any],
    field: str,
    *,
    instead_of: str = "",
    audience: int | None = None,
) -> Checked:
    """`raw` is a rule as it was typed, about one `field`; the value becomes that of the catalog. It is looked at among
    the rules of the draft, but for the one whose key is `instead_of`, and those of the override of an `audience`."""
    typed, now = str(raw["match"][field]), clock.now()
    proposal = proposal_of(placement)
    own = [rule for entry in proposal.overrides if entry["audience"] == audience for rule in entry["rules"]]
    others = [entry for entry in [*proposal.rules, *own] if rule_key(entry) != instead_of]
    found = resolved_value(shop.pk, field, typed, now)
    rule = Rule.from_dict(raw | {"match": {field: found.value or typed}})
    rules = [Rule.from_dict(entry) for entry in others]
    check = check_rule(shop.pk, rules, rule, placement.slate_size, now)
    labels = _labels(shop, [*rules, rule], found.meant if field == "item_id" else ())
    return Checked(check, labels, found.value if found.value != typed else "", found.meant)


def field_choices(shop: Shop, fields: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What a rule may be about: the fixed fields, and the attributes of the catalog."""
    fixed = list(fields)
    taken = {name for name, _label in fixed} | {"category", "price", "age_days", "impressions"}
    names = [name for name in attribute_names(shop.pk) if name not in taken]
    return [*fixed, *((name, _("items whose %(attribute)s is") % {"attribute": name}) for name in names)]


def _labels(shop: Shop, rules: Iterable[Rule], more: Iterable[str] = ()) -> dict[str, ServableItem]:
    named = {wanted for rule in rules for name, wanted in rule.match if name == "item_id" and isinstance(wanted, str)}
    return item_labels(shop.pk, named | set(more))
