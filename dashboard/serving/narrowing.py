"""What filters and rules leave of the catalog, asked of its indexes: a search among the popular items would end where a
rule that hardly anything fulfils has refused them all."""

from dataclasses import replace
from functools import cached_property

from dashboard.catalog.matched import few_item_ids, newest_item_ids
from dashboard.catalog.matches import Match
from dashboard.core.expression_sql import Condition
from dashboard.policies.rule_states import selection_of
from dashboard.policies.selectors import ServedPolicy
from dashboard.serving.request_context import RequestContext

FEW_ITEMS = 5_000  # so many are named, and scored by the model; 10 ms of the database and 1 ms of the model
LIFTED_ITEMS = 100  # of a rule that brings items of its own
SECONDS_KEPT = 60  # an item that grows too young or too old for a rule is noticed by the next minute


class Narrowing:
    """Of one slate. Answers are remembered by the process until the catalog changes, a minute at most."""

    def __init__(self, context: RequestContext, policy: ServedPolicy) -> None:
        self._shop_id, self._now, self._shelf = context.shop_id, context.now, context.item_cache
        self._minute = int(context.now.timestamp()) // SECONDS_KEPT
        allowed = selection_of(policy.rules, context.now)
        self._selection = replace(allowed, expression=context.request.filters.expression)

    @cached_property
    def condition(self) -> Condition | None:
        """Rows of `catalog_item` that may be shown; None where nothing is asked of them."""
        return self._selection.condition(self._shop_id, self._now)

    @property
    def is_known(self) -> bool:
        """Whether `few` is asked first, and the model then: a rule shows nothing else than some items, or it was asked
        lately because there were not enough."""
        return "few" in self.__dict__ or bool(self._selection.within) or self._shelf.has_selected(self._key(FEW_ITEMS))

    @cached_property
    def few(self) -> tuple[str, ...] | None:
        """All servable items that are left, last published first; None where they are many, or nothing is asked."""
        if self._selection.asks_for_nothing:
            return None
        return self._shelf.selected(
            self._key(FEW_ITEMS), lambda: few_item_ids(self._shop_id, self._selection, self._now, limit=FEW_ITEMS)
        )

    @property
    def known_few(self) -> tuple[str, ...] | None:
        """The same, as far as it is known without asking."""
        return self.few if self.is_known else None

    def newest_of(self, match: Match) -> tuple[str, ...]:
        """Up to `LIFTED_ITEMS` of the items that are left and fulfil a match besides, last published first."""
        wanted = replace(self._selection, within=(*self._selection.within, match))
        found = self._shelf.selected(
            (wanted, LIFTED_ITEMS, self._minute),
            lambda: newest_item_ids(self._shop_id, wanted, self._now, limit=LIFTED_ITEMS),
        )
        return found or ()

    def _key(self, limit: int) -> tuple[object, ...]:
        return self._selection, limit, self._minute


def named_items(match: Match) -> list[str] | None:
    """The ids of a match that asks for nothing else."""
    if [name for name, _ in match] != ["item_id"]:
        return None
    wanted = match[0][1]
    return [entry for entry in (wanted if isinstance(wanted, tuple) else (wanted,)) if isinstance(entry, str)]
