"""What a process that serves holds of the sums of a shop: loaded once, and then what changed."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from dashboard.updates.models import ItemUpdate, Learning, PairUpdate
from recommender.serving.updates import ItemSums, PairSum, Updates

Row = TypeVar("Row")
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class State:
    """How far the sums of a shop are: fields of `Learning`."""

    artifact_id: int
    revision: int
    counted_revision: int
    reference_seconds: float
    newest_seconds: float


@dataclass(frozen=True)
class HeldUpdates:
    """Sums as they were in a state."""

    state: State
    updates: Updates


def update_states(shop_ids: Collection[int]) -> dict[int, State]:
    """By the keys of the shops. Call it in the scope of all of them."""
    names = list(State.__dataclass_fields__)
    rows = Learning.objects.filter(shop_id__in=shop_ids).values_list("shop_id", *names)
    return {shop_id: State(*values) for shop_id, *values in rows}


def held_updates(shop_id: int, state: State, held: HeldUpdates | None) -> HeldUpdates:
    """The sums of a state: what changed since those that are held; all of them where these began anew, or lay over
    another version. Call it in the scope of the shop, or of all."""
    known, since = Updates(), -1
    if held is not None and _goes_on(held.state, state):
        known, since = held.updates, held.state.revision
    known = replace(known, newest_seconds=state.newest_seconds, reference_seconds=state.reference_seconds)
    changed = {"shop_id": shop_id, "revision__gt": since}
    items = ItemUpdate.objects.filter(**changed).values_list("item_id", "popularity", "interactions")
    pairs = PairUpdate.objects.filter(**changed).values_list("source_id", "target_id", "weight")
    for rows in _parts(items.iterator(ROWS_AT_ONCE)):
        known = known.told([ItemSums(*row) for row in rows], [])
    for told in _parts(pairs.iterator(ROWS_AT_ONCE)):
        known = known.told([], [PairSum(*pair) for pair in told])
    return HeldUpdates(state, known)


def _goes_on(held: State, state: State) -> bool:
    same = held.artifact_id == state.artifact_id and held.counted_revision == state.counted_revision
    return same and held.revision <= state.revision


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while part := list(islice(left, ROWS_AT_ONCE)):
        yield part
