"""Reads for the overview: where the shop stands right now, and what its search finds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.urls import reverse

from dashboard.accounts.models import ApiKey, Shop
from dashboard.accounts.selectors import live_keys_of
from dashboard.catalog.models import Item
from dashboard.catalog.selectors import matching_items
from dashboard.core import clock
from dashboard.events.models import Exposure, Interaction
from dashboard.events.selectors import arrivals_by_minute
from dashboard.experiments.selectors import ready_count
from dashboard.training.models import Artifact, Run

SEARCH_ROWS = 20
SEARCH_COUNT_MAX = 1_000
Row = TypeVar("Row")


@dataclass(frozen=True)
class Standing:
    """What the navigation shows on every page. `training_progress` is 0..1, None where no run is active."""

    events_a_minute: int
    training_progress: float | None
    experiments_ready: int


@dataclass(frozen=True)
class Setup:
    """How far a new shop has come. `publishable_prefix` helps to find the key that goes into the snippet."""

    has_items: bool
    has_events: bool
    has_model: bool
    has_slates: bool
    publishable_prefix: str

    @property
    def is_complete(self) -> bool:
        return self.can_train and self.has_model

    @property
    def can_train(self) -> bool:
        return self.has_items and self.has_events


def standing(shop: Shop) -> Standing:
    return Standing(
        events_a_minute=_events_a_minute(shop),
        training_progress=_training_progress(shop),
        experiments_ready=ready_count(shop),
    )


def setup(shop: Shop) -> Setup:
    keys = live_keys_of(shop, ApiKey.Kind.PUBLISHABLE)
    return Setup(
        has_items=Item.objects.filter(shop=shop, deleted_at__isnull=True).exists(),
        has_events=Interaction.objects.filter(shop=shop).exists(),
        has_model=Artifact.objects.filter(shop=shop, is_active=True).exists(),
        has_slates=Exposure.objects.filter(shop=shop).exists(),
        publishable_prefix=keys.values_list("prefix", flat=True).first() or "pk_",
    )


@dataclass(frozen=True)
class Matches(Generic[Row]):
    """What a search found: the first rows of how many; counted up to SEARCH_COUNT_MAX."""

    rows: list[Row]
    total: int

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.rows)

    @property
    def is_counted(self) -> bool:
        """Whether `total` is all of them, not only as many as were counted."""
        return self.total < SEARCH_COUNT_MAX


def page_of_exactly(shop: Shop, query: str) -> str:
    """The address of the one thing whose id the query is, letter by letter; empty where there is none or two."""
    if not query:
        return ""
    found = []
    if Item.objects.filter(shop=shop, item_id=query, deleted_at__isnull=True).exists():
        found.append(reverse("serving:item", args=[shop.slug, query]))
    if Interaction.objects.filter(shop=shop, visitor_id=query).exists():
        found.append(reverse("serving:visitor", args=[shop.slug, query]))
    return found[0] if len(found) == 1 else ""


def found_items(shop: Shop, query: str) -> Matches[Item]:
    """Items with words that begin with those of the query, in title, brand or id."""
    return _matches(matching_items(shop.pk, text=query).order_by("title", "pk")) if query else Matches([], 0)


def found_visitors(shop: Shop, query: str) -> Matches[str]:
    """Visitors whose id begins with the query."""
    if not query:
        return Matches([], 0)
    rows = Interaction.objects.filter(shop=shop, visitor_id__startswith=query)
    return _matches(rows.order_by("visitor_id").values_list("visitor_id", flat=True).distinct())


def _matches(rows: QuerySet[Any, Row]) -> Matches[Row]:
    shown = list(rows[:SEARCH_ROWS])
    return Matches(shown, len(shown) if len(shown) < SEARCH_ROWS else rows[:SEARCH_COUNT_MAX].count())


def _events_a_minute(shop: Shop) -> int:
    """What arrived in the last whole minute, impressions among it: the last full bar of the events page."""
    minute = clock.now().replace(second=0, microsecond=0) - timedelta(minutes=1)
    return sum(count.lines for count in arrivals_by_minute(shop.pk, minutes=2) if count.minute == minute)


def _training_progress(shop: Shop) -> float | None:
    active = Run.objects.filter(shop=shop, state__in=Run.ACTIVE_STATES)
    return active.values_list("progress", flat=True).first()
