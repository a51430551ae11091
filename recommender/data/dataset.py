"""Dataset: interactions as codes and histories, beside the catalog. Made by `build_dataset`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from recommender.data.events import CANCELS, EVENT_TYPES, EVENT_WEIGHTS
from recommender.data.histories import Histories

if TYPE_CHECKING:  # the models of a web process know this class, and never make one
    import pyarrow as pa

    from recommender.data.interactions import Interactions

LONGEST = 10_000  # newest interactions of a visitor that count: more is no shopper, and their items no catalog
CANCEL_OF = {EVENT_TYPES.index(cancel): EVENT_TYPES.index(cancelled) for cancel, cancelled in CANCELS.items()}


@dataclass(frozen=True)
class Dataset:
    """What a model is fitted on. Item code i is `item_ids[i]`, row v of the histories is `visitor_ids[v]`."""

    visitor_ids: np.ndarray  # object (V,)
    item_ids: np.ndarray  # object (I,), in hash order, so that a code carries no information
    histories: Histories
    catalog: "pa.Table | None" = None  # aligned with item_ids; rows of items that the catalog lacks are null
    left_out: Mapping[str, int] = field(default_factory=dict)  # why rows of the file are not among the interactions

    @property
    def items(self) -> int:
        return len(self.item_ids)

    @property
    def interactions(self) -> int:
        return len(self.histories.items_N)

    def where(self, kept_N: np.ndarray) -> "Dataset":
        """The same visitors and items with only some interactions."""
        return replace(self, histories=self.histories.where(kept_N))

    def take(self, visitors: np.ndarray) -> "Dataset":
        """Only some visitors."""
        return replace(self, visitor_ids=self.visitor_ids[visitors], histories=self.histories.take(visitors))

    def column(self, name: str) -> list[str]:
        """A text column of the catalog in code order; the empty string where it is missing."""
        if self.catalog is None or name not in self.catalog.column_names:
            return [""] * self.items
        return [value or "" for value in self.catalog[name].to_pylist()]


def build_dataset(
    interactions: "Interactions", catalog: "pa.Table | None" = None, weights: Mapping[str, float] = EVENT_WEIGHTS
) -> Dataset:
    """Clean and sort: refunds and removals cancel what they undo, an item counts once per second and visitor,
    immediate repeats of an item become one, and of a visitor the newest LONGEST count: items that only older ones name
    are none of the shop's, unless the catalog has them. Ties in time keep the order of the rows. Types of weight 0 are
    left out."""
    numbers_I = np.arange(len(interactions.item_ids), dtype=np.int32)
    whole, left_out = _cleaned(interactions, numbers_I, weights)
    histories = whole.last(LONGEST)
    named_I = np.ones(len(numbers_I), bool)
    named_I[whole.items_N] = False
    named_I[histories.items_N] = True
    item_ids, numbers_I[named_I] = _item_codes(interactions.item_ids[named_I], catalog)
    present_V = histories.lengths_B > 0
    starts_B1 = histories.starts_B1[np.concatenate([[True], present_V])]
    return Dataset(
        interactions.visitor_ids[present_V],
        item_ids,
        Histories(starts_B1, numbers_I[histories.items_N], histories.seconds_N, histories.weights_N),
        _aligned(catalog, item_ids),
        {**interactions.left_out, **left_out, "too_old": len(whole.items_N) - len(histories.items_N)},
    )


def cleaned(
    interactions: "Interactions", code_I: np.ndarray, weights: Mapping[str, float] = EVENT_WEIGHTS
) -> Histories:
    """A row for every visitor, empty where nothing of a visitor counts; `code_I` are the codes of the items."""
    return _cleaned(interactions, code_I, weights)[0].last(LONGEST)


def _cleaned(
    interactions: "Interactions", code_I: np.ndarray, weights: Mapping[str, float]
) -> tuple[Histories, dict[str, int]]:
    weight_T = np.array([weights.get(name, 0.0) for name in EVENT_TYPES], np.float32)
    stands_N = _not_cancelled(interactions)
    kept_N = stands_N & (weight_T[interactions.type_N] > 0)
    order = np.lexsort((interactions.seconds_N[kept_N], interactions.visitor_N[kept_N]))
    rows = np.flatnonzero(kept_N)[order]
    visitor_N, seconds_N = interactions.visitor_N[rows], interactions.seconds_N[rows]
    items_N, weights_N = code_I[interactions.item_N[rows]], weight_T[interactions.type_N[rows]]
    first_N = _first_of_repeats(visitor_N, items_N, seconds_N, weights_N)
    counts_V = np.bincount(visitor_N[first_N], minlength=len(interactions.visitor_ids))
    starts_V1 = np.concatenate([[0], np.cumsum(counts_V)])
    left_out = {
        "taken_back": int((~stands_N).sum()),
        "weigh_nothing": int(stands_N.sum() - kept_N.sum()),
        "repeats": len(rows) - len(first_N),
    }
    return Histories(starts_V1, items_N[first_N], seconds_N[first_N], weights_N[first_N]), left_out


def _item_codes(used_ids: np.ndarray, catalog: "pa.Table | None") -> tuple[np.ndarray, np.ndarray]:
    known = catalog["item_id"].to_pylist() if catalog is not None else []
    ids = sorted({*used_ids.tolist(), *known}, key=lambda item: (blake2b(item.encode()).digest(), item))
    code_of = {item: code for code, item in enumerate(ids)}
    return np.array(ids, object), np.array([code_of[item] for item in used_ids], np.int32)


def _aligned(catalog: "pa.Table | None", item_ids: np.ndarray) -> "pa.Table | None":
    if catalog is None:
        return None
    row_of = {item: row for row, item in enumerate(catalog["item_id"].to_pylist())}
    import pyarrow as pa

    table = catalog.take(pa.array([row_of.get(item) for item in item_ids], pa.int64()))
    return table.set_column(table.column_names.index("item_id"), "item_id", pa.array(item_ids, pa.string()))


def _not_cancelled(interactions: "Interactions") -> np.ndarray:
    """True where an interaction counts. A refund takes back the last purchase of the same item before it."""
    kept_N = ~np.isin(interactions.type_N, list(CANCEL_OF))
    pair_N = interactions.visitor_N.astype(np.int64) * len(interactions.item_ids) + interactions.item_N
    touched = np.flatnonzero(np.isin(pair_N, pair_N[~kept_N]))
    touched = touched[np.argsort(interactions.seconds_N[touched], kind="stable")]
    open_rows: dict[tuple[int, int], list[int]] = {}
    for row in touched.tolist():
        pair, event_type = int(pair_N[row]), int(interactions.type_N[row])
        if event_type not in CANCEL_OF:
            open_rows.setdefault((pair, event_type), []).append(row)
        elif earlier := open_rows.get((pair, CANCEL_OF[event_type])):
            kept_N[earlier.pop()] = False
    return kept_N


def _first_of_repeats(
    visitor_N: np.ndarray, items_N: np.ndarray, seconds_N: np.ndarray, weights_N: np.ndarray
) -> np.ndarray:
    """Positions that stay: the first of an item within a second, then the first of an immediate repeat; the strongest
    weight of the repeats is written to it."""
    once = np.ones(len(items_N), bool)
    order = np.lexsort((items_N, seconds_N, visitor_N))
    same = (np.diff(visitor_N[order]) == 0) & (np.diff(seconds_N[order]) == 0) & (np.diff(items_N[order]) == 0)
    _carry_weight(order, same, weights_N)
    once[order[1:][same]] = False
    kept = np.flatnonzero(once)
    repeat = (np.diff(visitor_N[kept]) == 0) & (np.diff(items_N[kept]) == 0)
    _carry_weight(kept, repeat, weights_N)
    return kept[np.concatenate([[True], ~repeat])] if len(kept) else kept


def _carry_weight(positions: np.ndarray, same_as_before: np.ndarray, weights_N: np.ndarray) -> None:
    group = np.concatenate([[0], np.cumsum(~same_as_before)]) if len(positions) else positions
    strongest = np.zeros(len(positions), np.float32)
    np.maximum.at(strongest, group, weights_N[positions])
    weights_N[positions] = strongest[group]
