"""What each group of items was shown so far at a placement, beside the share that it is to have."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.catalog.matches import value_reader
from dashboard.catalog.servable import item_labels
from dashboard.core import clock
from dashboard.core.kept import kept
from dashboard.events.selectors import only_simulated, slots_of_items
from dashboard.policies.models import Placement
from recommender.slate import Knobs

DAYS = 7
KEPT_SECONDS = 600
MOST_GROUPS = 20


@dataclass(frozen=True)
class GroupShare:
    """A group, its share of the slots, and the share that it is to have; None where it has none of its own."""

    name: str
    share: float
    target: float | None


@dataclass(frozen=True)
class Exposures:
    """The groups with the most slots of the last days; slots of items without a group count too, under no name."""

    attribute: str
    slots: int
    groups: list[GroupShare]


def exposures_so_far(shop: Shop, placement: Placement, knobs: Knobs) -> Exposures:
    """By today's catalog, of slates that people were shown; up to ten minutes old."""
    counted = kept(f"slots:{shop.pk}:{placement.slug}", KEPT_SECONDS, lambda: _counted(shop, placement.slug))
    by_group = _by_group(shop, counted, knobs.fairness_attribute)
    slots, target = by_group.total(), dict(knobs.fairness_target)
    named = len([name for name in by_group if name])
    names = [name for name, _count in by_group.most_common(MOST_GROUPS) if name]
    names += [name for name in target if name not in names]
    groups = [
        GroupShare(name, by_group[name] / slots if slots else 0.0, target.get(name) if target else 1.0 / named)
        for name in names
    ]
    return Exposures(knobs.fairness_attribute, slots, groups)


def _counted(shop: Shop, slug: str) -> dict[str, int]:
    since = clock.now() - timedelta(days=DAYS)
    return slots_of_items(shop.pk, slug, since=since, simulated=only_simulated(shop.pk, slug, since=since))


def _by_group(shop: Shop, counted: dict[str, int], attribute: str) -> Counter[str]:
    now, found = clock.now(), item_labels(shop.pk, list(counted))
    groups: Counter[str] = Counter()
    for item_id, count in counted.items():
        value: Any = value_reader(found[item_id], now)(attribute) if item_id in found else None
        groups["" if value is None else str(value)] += count
    return groups
