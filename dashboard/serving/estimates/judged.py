"""A policy as it acts on logged slates: what its rules do with the candidates of then, and what its knobs read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from dashboard.accounts.models import Shop
from dashboard.catalog.matches import value_reader
from dashboard.catalog.servable import ServableItem, numbered_items
from dashboard.core import clock
from dashboard.events.selectors.exposures import Terms
from dashboard.policies.selectors import ServedPolicy
from dashboard.serving.model_store import published_models
from recommender.slate import Knobs, Rule, terms
from recommender.slate.batch import SlateBatch
from recommender.slate.batch_making import BatchRules

DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class CatalogOfToday:
    """What the log does not say of its items is read as it is today: the policy is judged as it would serve now."""

    shop: Shop
    _items: dict[int, ServableItem | None] = field(default_factory=dict)

    def column(self, batch: SlateBatch, value_of: Callable[[ServableItem], float], without: float) -> np.ndarray:
        """A number of each candidate (N, C)."""
        numbers, place_NC = np.unique(batch.codes_NC, return_inverse=True)
        items = self._named(numbers.tolist())
        values = np.array([without if item is None else value_of(item) for item in items])
        found_NC: np.ndarray = values[place_NC.reshape(batch.codes_NC.shape)]
        return found_NC

    def _named(self, numbers: list[int]) -> list[ServableItem | None]:
        asked = [number for number in numbers if number not in self._items]
        if asked:
            found = numbered_items(self.shop.pk, asked)
            self._items.update({number: found.get(number) for number in asked})
        return [self._items[number] for number in numbers]

    @cached_property
    def interactions(self) -> dict[str, float]:
        """Of each item in the data that the published model learnt from: what serving calls its popularity."""
        model = published_models.get(self.shop)
        if model is None:
            return {}
        learnt = model.recommender
        return dict(zip(learnt.item_ids.tolist(), learnt.interactions_I.astype(float).tolist(), strict=True))


def as_it_served(batch: SlateBatch, then: Terms) -> BatchRules:
    """The rules of then, and whom they concerned."""
    logged = [(rule, batch.matched_NC[number]) for number, rule in enumerate(then.rules) if number in batch.matched_NC]
    return _acting(logged, batch.fairness_NC, _targets(then.knobs, batch.fairness_names))


def as_it_would_serve(
    batch: SlateBatch, served_at_N: np.ndarray, policy: ServedPolicy, then: Terms, catalog: CatalogOfToday
) -> tuple[SlateBatch, BatchRules]:
    """The batch with what the policy's knobs read of it, and what its rules do there.

    A rule that acted then concerns whom it concerned then; a new one whom it would today, also before it starts.
    """
    acting = [(rule, _concerned(batch, rule, then, catalog)) for rule in policy.rules]
    groups_NC, names = _groups(batch, policy.knobs, then, catalog)
    rules = _acting(acting, groups_NC, _targets(policy.knobs, names))
    return _with_what_knobs_read(batch, served_at_N, policy.knobs, then.knobs, catalog), rules


def _concerned(batch: SlateBatch, rule: Rule, then: Terms, catalog: CatalogOfToday) -> np.ndarray:
    nobody_NC = np.zeros(batch.codes_NC.shape, bool)
    if rule in then.rules:
        return batch.matched_NC.get(then.rules.index(rule), nobody_NC)
    now = clock.now()
    if rule.ends_at is not None and rule.ends_at <= now:
        return nobody_NC
    return catalog.column(batch, lambda item: rule.matches(value_reader(item, now)), without=0.0) > 0


def _acting(
    rules: Sequence[tuple[Rule, np.ndarray]],
    groups_NC: np.ndarray | None,
    targets: dict[int, float],
) -> BatchRules:
    lifts: list[np.ndarray] = []
    kept: list[np.ndarray] = []
    pins: list[tuple[int, np.ndarray]] = []
    for rule, concerned_NC in rules:
        if rule.kind == "pin":
            pins.append((rule.position or 1, concerned_NC))
        elif rule.kind == "include_only":
            kept.append(concerned_NC)
        elif rule.kind == "exclude":
            kept.append(~concerned_NC)
        else:
            sign = 1.0 if rule.kind == "boost" else -1.0
            lifts.append(concerned_NC * (sign * rule.strength * terms.RULE_WEIGHT))
    return BatchRules(
        lift_NC=np.sum(lifts, axis=0) if lifts else None,
        kept_NC=np.logical_and.reduce(kept) if kept else None,
        pins=sorted(pins, key=lambda pin: pin[0]),
        fairness_NC=groups_NC,
        targets=targets,
    )


def _groups(
    batch: SlateBatch, knobs: Knobs, then: Terms, catalog: CatalogOfToday
) -> tuple[np.ndarray | None, Sequence[str]]:
    """Groups of the candidates that fairness reads, as logged where it read the same attribute."""
    if not knobs.fairness:
        return None, ()
    if batch.fairness_NC is not None and then.knobs.fairness_attribute == knobs.fairness_attribute:
        return batch.fairness_NC, batch.fairness_names
    names: dict[str, int] = {}

    def group(item: ServableItem) -> int:
        value = value_reader(item, clock.now())(knobs.fairness_attribute)
        return names.setdefault(str(value), len(names) + 1) if value is not None else 0

    return catalog.column(batch, group, without=0.0).astype(int), tuple(names)


def _targets(knobs: Knobs, names: Sequence[str]) -> dict[int, float]:
    wanted = dict(knobs.fairness_target)
    return {code: wanted.get(name, 0.0) for code, name in enumerate(names, start=1)} if wanted else {}


def _with_what_knobs_read(
    batch: SlateBatch, served_at_N: np.ndarray, knobs: Knobs, then: Knobs, catalog: CatalogOfToday
) -> SlateBatch:
    changed: dict[str, Any] = {}
    if knobs.novelty and np.isnan(batch.popularity_NC).all():
        known = catalog.interactions
        changed["popularity_NC"] = catalog.column(batch, lambda item: known.get(item.item_id, 0.0), without=0.0)
    if knobs.exploration and knobs.explore_max_age_days != then.explore_max_age_days:
        since_NC = catalog.column(batch, lambda item: item.since_seconds, without=np.nan)
        changed["ages_NC"] = np.maximum((served_at_N[:, None] - since_NC) / DAY_SECONDS, 0.0)
    return replace(batch, **changed) if changed else batch
