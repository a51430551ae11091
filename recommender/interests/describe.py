"""What sets each segment apart: the entries of an artifact's segments.json."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse

from recommender.interests.attention import attention, contrast, occurrences, touched
from recommender.interests.model import SegmentModel
from recommender.interests.naming import segment_names

TOP_ITEMS = 20
TOP_CATEGORIES = 8
POPULAR_ITEMS = 50
FEWEST_VISITORS = 5  # of the segment, who have an item: fewer prove nothing
LEAST_SHARE = 0.02
LEAST_LIFT = 1.1
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class _Catalog:
    ids: list[str]
    titles: list[str]
    categories: list[list[str]]


def describe_segments(
    model: SegmentModel,
    interest_VP: np.ndarray,
    visitor_items: sparse.csr_array,
    items: pa.Table | pd.DataFrame,
    *,
    last_timestamp_V: np.ndarray | None = None,
    spend_V: np.ndarray | None = None,
    item_places_I2: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """One entry for each segment, in the order of their numbers, ready for JSON.

    `visitor_items` holds counts, visitors × items; row i of `items` (`item_id`, and `title`, `categories` where it has
    them) describes its column i; `item_places_I2`: where it stands on the map. `last_timestamp_V`: seconds; `spend_V`:
    money; NaN where unknown. `share` is expected (the mean membership); all else counts visitors in their likeliest
    segment. An item's `share` is of the segment's visitors, a category's is of their items, each visitor counting the
    same.
    """
    memberships_VK = model.memberships(interest_VP)
    segment_V, segments = memberships_VK.argmax(axis=1), len(model.weights_K)
    touched_VI, catalog = touched(visitor_items), _catalog(items)
    attention_VI = attention(touched_VI)
    names_K = segment_names(attention_VI, segment_V, segments, catalog.titles, catalog.categories)
    items_K = _top_items(touched_VI, segment_V, segments, catalog.ids)
    categories_K = _top_categories(attention_VI, segment_V, segments, catalog.categories)
    counts_V = np.asarray(visitor_items.sum(axis=1)).ravel()
    facts_K = [_facts(segment_V == k, counts_V, last_timestamp_V, spend_V) for k in range(segments)]
    centers_K2, spreads_K = _spreads(model, interest_VP, memberships_VK)
    if item_places_I2 is not None:
        _give_places(items_K, categories_K, catalog, item_places_I2, np.asarray(visitor_items.sum(axis=0)).ravel())
    entries = [
        {
            "number": int(model.numbers_K[k]),
            "suggested_name": names_K[k],
            "share": round(float(memberships_VK[:, k].mean()), 6),
            "visitors": int((segment_V == k).sum()),
            "anchor": model.anchors_K2[k].round(4).tolist(),
            "center": centers_K2[k].tolist(),
            "covariance": spreads_K[k].tolist(),
            "top_items": items_K[k],
            "top_categories": categories_K[k],
            "facts": facts_K[k],
            "popular_items": _popular(touched_VI, segment_V == k, catalog.ids),
        }
        for k in range(segments)
    ]
    return sorted(entries, key=lambda entry: entry["number"])


def _spreads(
    model: SegmentModel, interest_VP: np.ndarray, memberships_VK: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Where the members of each segment lie on the map: the mean, and the 2 × 2 covariance on top of a hundredth of the
    model's own, so that an ellipse can be drawn also where all stand at one place. Members are those whose likeliest
    segment it is; where nobody's is, everybody by membership."""
    places_V2, likeliest_V = model.places(interest_VP, memberships_VK), memberships_VK.argmax(axis=1)
    centers, spreads = [], []
    for k, covariance_PP in enumerate(model.covariances_KPP()):
        weights_V = (likeliest_V == k).astype(float)
        weights_V = weights_V if weights_V.any() else memberships_VK[:, k] + 1e-12
        weights_V /= weights_V.sum()
        centers.append(weights_V @ places_V2)
        offsets_V2 = places_V2 - centers[-1]
        own_22 = 0.01 * model.map_P2.T @ covariance_PP @ model.map_P2
        spreads.append((offsets_V2 * weights_V[:, None]).T @ offsets_V2 + own_22)
    return centers, spreads


def _give_places(
    items_K: list[list[dict[str, Any]]],
    categories_K: list[list[dict[str, Any]]],
    catalog: _Catalog,
    places_I2: np.ndarray,
    counts_I: np.ndarray,
) -> None:
    """Writes into each top item its place on the map, and into each top category the mean place of its items, weighted
    by what visitors do with them."""
    row_of = {item_id: i for i, item_id in enumerate(catalog.ids)}
    for entry in (entry for entries in items_K for entry in entries):
        entry["place"] = places_I2[row_of[entry["item_id"]]].round(3).tolist()
    names, has_IC = occurrences(catalog.categories)
    weight_IC = sparse.csr_array(has_IC).multiply(counts_I[:, None]).tocsc()
    total_C1 = np.maximum(np.asarray(weight_IC.sum(axis=0)).ravel(), 1e-12)[:, None]
    place_of = dict(zip(names, (weight_IC.T @ places_I2) / total_C1, strict=True))
    for entry in (entry for entries in categories_K for entry in entries):
        entry["place"] = place_of[entry["category"]].round(3).tolist()


def categories_of(items: pa.Table) -> list[list[str]]:
    """The categories of each row."""
    return [_split(value) for value in _column(items, "categories")]


def _catalog(items: pa.Table | pd.DataFrame) -> _Catalog:
    table = items if isinstance(items, pa.Table) else pa.Table.from_pandas(items, preserve_index=False)
    ids = [str(value) for value in table["item_id"].to_pylist()]
    return _Catalog(ids, [value or "" for value in _column(table, "title")], categories_of(table))


def _column(table: pa.Table, name: str) -> list[Any]:
    return table[name].to_pylist() if name in table.column_names else [None] * table.num_rows


def _split(value: Any) -> list[str]:
    """A list stays one; text is split at | or, failing that, at >, as feeds have it."""
    if value is None or isinstance(value, list):
        return [str(name).strip() for name in value or [] if str(name).strip()]
    return [part.strip() for part in str(value).split("|" if "|" in str(value) else ">") if part.strip()]


def _top_items(
    touched_VI: sparse.csr_array, segment_V: np.ndarray, segments: int, ids: list[str]
) -> list[list[dict[str, Any]]]:
    found = contrast(touched_VI, segment_V, segments)
    sizes_K1 = np.bincount(segment_V, minlength=segments)[:, None]
    support_KI = found.share_KT * sizes_K1
    least_K1 = np.minimum(np.maximum(FEWEST_VISITORS, LEAST_SHARE * sizes_K1), np.maximum(sizes_K1, 1))
    telling_KI = (support_KI >= least_K1 - 1e-9) & ((found.lift_KT >= LEAST_LIFT) | (segments == 1))
    score_KI = np.where(telling_KI, found.score_KT, -np.inf)
    rows_K = [_best(score_KI[k], TOP_ITEMS, positive=segments > 1) for k in range(segments)]
    return [
        [{"item_id": ids[i], **_numbers(found.share_KT[k, i], found.lift_KT[k, i])} for i in rows]
        for k, rows in enumerate(rows_K)
    ]


def _top_categories(
    attention_VI: sparse.csr_array, segment_V: np.ndarray, segments: int, categories_I: list[list[str]]
) -> list[list[dict[str, Any]]]:
    names, has_IC = occurrences(categories_I)
    found = contrast(attention_VI, segment_V, segments, has_IC)
    rows_K = [_best(found.score_KT[k], TOP_CATEGORIES, positive=segments > 1) for k in range(segments)]
    return [
        [{"category": names[c], **_numbers(found.share_KT[k, c], found.lift_KT[k, c])} for c in rows]
        for k, rows in enumerate(rows_K)
    ]


def _best(score_T: np.ndarray, most: int, *, positive: bool) -> list[int]:
    """The columns with the highest scores; where there is a single segment nothing can score above zero."""
    order = np.argsort(-score_T, kind="stable")[:most]
    kept = score_T[order] > 0 if positive else np.isfinite(score_T[order])
    return [int(column) for column in order[kept]]


def _numbers(share: float, lift: float) -> dict[str, float]:
    return {"share": round(float(share), 4), "lift": round(float(lift), 3)}


def _facts(
    member_V: np.ndarray, counts_V: np.ndarray, last_timestamp_V: np.ndarray | None, spend_V: np.ndarray | None
) -> dict[str, float]:
    """Medians over members; a fact that nobody's data tells is left out."""
    facts = {"median_interactions": _median(counts_V[member_V])}
    if last_timestamp_V is not None and np.isfinite(last_timestamp_V).any():
        days_V = (np.nanmax(last_timestamp_V) - last_timestamp_V) / SECONDS_PER_DAY
        facts["median_days_since_last"] = _median(days_V[member_V])
    if spend_V is not None:
        facts["median_spend"] = _median(spend_V[member_V])
    return {name: value for name, value in facts.items() if value is not None}


def _median(values_N: np.ndarray) -> float | None:
    known_N = values_N[np.isfinite(values_N)]
    return round(float(np.median(known_N)), 2) if len(known_N) else None


def _popular(touched_VI: sparse.csr_array, member_V: np.ndarray, ids: list[str]) -> list[str]:
    visitors_I = np.asarray(touched_VI[np.flatnonzero(member_V)].sum(axis=0)).ravel()
    order = np.argsort(-visitors_I, kind="stable")[:POPULAR_ITEMS]
    return [ids[i] for i in order if visitors_I[i] > 0]
