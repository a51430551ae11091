"""A visitor's latest events as a history of known items: what training does to a file, for one visitor."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

import numpy as np

from recommender.data.events import CANCELS, EVENT_WEIGHTS
from recommender.data.histories import Histories
from recommender.serving.types import HistoryEvent

KNOWN = frozenset(EVENT_WEIGHTS) | frozenset(CANCELS)


def standing_events(
    history: Iterable[HistoryEvent], code_of: Mapping[str, int], weight_of: Mapping[str, float] = EVENT_WEIGHTS
) -> list[HistoryEvent]:
    """Events that speak for an interest, oldest first, as training cleans them (recommender.data.dataset): refunds and
    removals take back what they undo; then an item counts once per second, and an immediate repeat once, both with
    the strongest event. Unknown items, and types without a weight, are left out."""
    standing: list[HistoryEvent] = []
    place_of: dict[tuple[str, float], int] = {}
    newest = None  # the item of the last one
    for event in _not_taken_back(history):
        item_id, kind, second = event
        if item_id not in code_of or not weight_of[kind]:
            continue
        moment = (item_id, second)
        place = place_of.get(moment, len(standing) - 1 if item_id == newest else None)
        if place is None:
            place, newest = len(standing), item_id
            standing.append(event)
        else:
            standing[place] = _stronger(standing[place], event, weight_of)
        place_of[moment] = place
    return standing


def as_histories(
    events: Sequence[HistoryEvent],
    context_items: Sequence[str],
    code_of: Mapping[str, int],
    weight_of: Mapping[str, float] = EVENT_WEIGHTS,
) -> Histories:
    """One row: the events, then the known context items as the newest."""
    context = [item for item in context_items if item in code_of]
    newest = events[-1].timestamp_seconds if events else 0.0
    codes = [code_of[event.item_id] for event in events] + [code_of[item] for item in context]
    seconds = [event.timestamp_seconds for event in events] + [newest] * len(context)
    weights = [weight_of[event.type] for event in events] + [_context_weight(weight_of)] * len(context)
    return Histories.single(np.array(codes, np.int32), np.array(seconds, np.float64), np.array(weights, np.float32))


def _context_weight(weight_of: Mapping[str, float]) -> float:
    """An item on the page counts as if it had just been viewed, also where views teach nothing."""
    return weight_of["view_item"] or EVENT_WEIGHTS["view_item"]


def _not_taken_back(history: Iterable[HistoryEvent]) -> list[HistoryEvent]:
    """A refund takes back the last purchase of the same item before it, a removal the last add to cart."""
    events = [event for event in history if event[1] in KNOWN]
    if CANCELS.keys().isdisjoint([event[1] for event in events]):
        return events
    stands = [event.type not in CANCELS for event in events]
    open_places: dict[tuple[str, str], list[int]] = {}
    for place, event in enumerate(events):
        if event.type not in CANCELS:
            open_places.setdefault((event.item_id, event.type), []).append(place)
        elif earlier := open_places.get((event.item_id, CANCELS[event.type])):
            stands[earlier.pop()] = False
    return list(compress(events, stands))


def _stronger(first: HistoryEvent, repeat: HistoryEvent, weight_of: Mapping[str, float]) -> HistoryEvent:
    """At the time of the first, with the type that weighs more."""
    return first._replace(type=max(first.type, repeat.type, key=weight_of.__getitem__))
