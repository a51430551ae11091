"""A visitor's latest events as a history of known items: what training does to a file, for one visitor."""

from collections.abc import Iterable, Sequence

import numpy as np

from recommender.data.histories import Histories
from recommender.data.interactions import CANCELS, EVENT_WEIGHTS
from recommender.serving.types import HistoryEvent

CONTEXT_WEIGHT = EVENT_WEIGHTS["view_item"]  # an item on the page counts as if it had just been viewed


def standing_events(history: Iterable[HistoryEvent], code_of: dict[str, int]) -> list[HistoryEvent]:
    """Events that speak for an interest, oldest first: refunds and removals take back what they undo, an immediate
    repeat of an item counts once with its strongest event, unknown items are left out."""
    standing: list[HistoryEvent] = []
    for event in history:
        if event.type in CANCELS:
            _take_back(standing, event.item_id, CANCELS[event.type])
        elif event.type in EVENT_WEIGHTS and event.item_id in code_of:
            if standing and standing[-1].item_id == event.item_id:
                standing[-1] = max(standing[-1], event, key=lambda repeat: EVENT_WEIGHTS[repeat.type])
            else:
                standing.append(event)
    return standing


def as_histories(events: Sequence[HistoryEvent], context_items: Sequence[str], code_of: dict[str, int]) -> Histories:
    """One row: the events, then the known context items as the newest."""
    context = [item for item in context_items if item in code_of]
    newest = events[-1].timestamp_seconds if events else 0.0
    codes = [code_of[event.item_id] for event in events] + [code_of[item] for item in context]
    seconds = [event.timestamp_seconds for event in events] + [newest] * len(context)
    weights = [EVENT_WEIGHTS[event.type] for event in events] + [CONTEXT_WEIGHT] * len(context)
    return Histories.single(np.array(codes, np.int32), np.array(seconds, np.float64), np.array(weights, np.float32))


def _take_back(standing: list[HistoryEvent], item_id: str, undone_type: str) -> None:
    for index in range(len(standing) - 1, -1, -1):
        if standing[index].item_id == item_id and standing[index].type == undone_type:
            del standing[index]
            return
