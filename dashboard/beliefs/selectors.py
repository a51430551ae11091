"""What serving believes, from the memory of the process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Sum

from dashboard.beliefs.models import ItemBelief, Learning, PlacementBelief
from dashboard.core.versioned import Versioned
from dashboard.events.selectors.left import Left
from recommender.beliefs import Expectation, Fatigue, ItemBeliefs
from recommender.slate.record import BELIEF_STEPS


@dataclass(frozen=True)
class Beliefs:
    """About the items of a placement: {item: (worth, doubt)} of those that were rendered there lately."""

    revision: int = 0
    known: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.known)

    def of(self, item_ids: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Worths and doubts (C,); of an item that was never rendered, what is believed before anything is seen."""
        known = self.known
        worths_C, doubts_C = np.array([known.get(item_id, _UNSEEN) for item_id in item_ids]).reshape(-1, 2).T
        return worths_C, doubts_C


kept_fatigue: Versioned[dict[str, Fatigue]] = Versioned("fatigue")
kept_beliefs: Versioned[Beliefs] = Versioned("beliefs")
_held: dict[tuple[int, str], Beliefs] = {}  # what was loaded last, to which only changes are added
_MOST_HELD = 500  # placements; of 1,000 items each 200 kB
_DAY_SECONDS = 86_400


def fatigue_of(shop_id: int, placement: str) -> Fatigue:
    """How visitors tire there; the weak default where nothing is learned yet."""
    return kept_fatigue.get(shop_id, "", lambda: _load(shop_id)).get(placement, Fatigue())


def beliefs_of(shop_id: int, placement: str) -> Beliefs:
    """About the items; empty where no page of the shop tells what it renders. A process has what is learned a second
    later at most."""
    return kept_beliefs.get(shop_id, placement, lambda: _load_beliefs(shop_id, placement))


def expectation_of(shop_id: int, placement: str) -> Expectation:
    """What is expected of an item there before anything is known of it."""
    found = PlacementBelief.objects.filter(shop_id=shop_id, placement=placement).first()
    return Expectation.from_dict(found.expectation) if found else Expectation()


def earned_by(shop_id: int, item_ids: Sequence[str]) -> dict[str, tuple[float, float]]:
    """{item: (clicks, expected clicks)} at all placements together, as they fade; of those rendered lately."""
    rows = ItemBelief.objects.filter(shop_id=shop_id, item_id__in=item_ids).values_list("item_id")
    return {item_id: (clicks, expected) for item_id, clicks, expected in rows.annotate(Sum("clicks"), Sum("expected"))}


def tired_factor(fatigue: Fatigue, moments: tuple[int, ...], now: float) -> float:
    """What is left of the chance of an item that a visitor was shown and left at these moments (seconds since 1970): in
    the steps in which the log keeps it, and above 0."""
    fade = _DAY_SECONDS * fatigue.half_life_days
    times = sum(0.5 ** (max(now - moment, 0.0) / fade) for moment in moments)
    return max(round(float(fatigue.factor(times)) * BELIEF_STEPS), 1) / BELIEF_STEPS


def tired_factors(fatigue: Fatigue, left: Left, item_ids: list[str], now: float) -> np.ndarray | None:
    """(C,) of each item; None where it is 1 for all."""
    if not fatigue.rate or not left or left.keys().isdisjoint(item_ids):
        return None
    return np.array([tired_factor(fatigue, left[found], now) if found in left else 1.0 for found in item_ids])


def _load(shop_id: int) -> dict[str, Fatigue]:
    return {
        row.placement: Fatigue(row.rate, row.half_life_days, (row.low, row.high), row.impressions)
        for row in PlacementBelief.objects.filter(shop_id=shop_id).defer("expectation")
    }


def _load_beliefs(shop_id: int, placement: str) -> Beliefs:
    """What has changed since it was loaded last; all of it once the log was read anew."""
    learning = Learning.objects.filter(shop_id=shop_id).first()
    if learning is None:
        return Beliefs()
    held = _held.get((shop_id, placement), Beliefs())
    since = held if learning.counted_revision <= held.revision <= learning.revision else Beliefs()
    rows = ItemBelief.objects.filter(shop_id=shop_id, placement=placement, revision__gt=since.revision)
    read = _believed(list(rows.values_list("item_id", "clicks", "expected")))
    loaded = Beliefs(learning.revision, {**since.known, **read})
    if len(_held) >= _MOST_HELD:
        _held.clear()
    _held[shop_id, placement] = loaded
    return loaded


def _believed(rows: Sequence[tuple[str, float, float]]) -> dict[str, tuple[float, float]]:
    """{item: (worth, doubt)}, doubts in the steps in which the log keeps them."""
    if not rows:
        return {}
    item_ids, clicks, expected = zip(*rows, strict=True)
    beliefs = ItemBeliefs(np.array(clicks), np.array(expected))
    doubts_I = np.rint(beliefs.doubts_I * BELIEF_STEPS) / BELIEF_STEPS
    return dict(zip(item_ids, zip(beliefs.worths_I.tolist(), doubts_I.tolist(), strict=True), strict=True))


_UNSEEN = _believed([("", 0.0, 0.0)])[""]
