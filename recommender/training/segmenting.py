"""Interest vectors and segments of a fitted dataset."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from recommender.artifact import ArtifactError, read_manifest
from recommender.data.dataset import Dataset
from recommender.errors import InputError
from recommender.interests import describe_segments, fit_interest_space, fit_segments, match_numbers
from recommender.interests.config import InterestsConfig
from recommender.interests.describe import categories_of
from recommender.interests.emerging import EmergingInterest, emerging_interests
from recommender.interests.model import SegmentModel
from recommender.interests.space import InterestSpace
from recommender.models.factors import Factors, unit_rows
from recommender.training.movement import moves_of
from recommender.training.tastes import activity_of, tastes_of, told_by

ABOUT_SHARE, ABOUT_LIFT = 0.1, 1.25  # of what members do, against all: categories that a segment is about


@dataclass(frozen=True)
class Segmented:
    """Visitors in the interest space, and the segments found there."""

    space: InterestSpace
    segments: SegmentModel
    interest_VP: np.ndarray
    item_interest_IP: np.ndarray
    described: list[dict[str, Any]]
    numbers_V: np.ndarray  # of each visitor's likeliest segment
    moves_V: list[list[int]]  # of each visitor from month to month (`recommender.training.movement`)
    evaluation: dict[str, Any]  # what was tried, and what the segments tell of activity and of taste
    emerging: list[EmergingInterest]


@dataclass(frozen=True)
class Previous:
    """What an earlier artifact called its segments."""

    number_of: dict[str, int]  # of each visitor's likeliest segment
    top_items: dict[int, list[str]]  # of each segment
    former_members: dict[int, list[str]] = field(default_factory=dict)  # of segments of earlier artifacts
    reserved: frozenset[int] = frozenset()  # numbers that artifacts have had
    anchors: dict[int, tuple[float, float]] = field(default_factory=dict)  # where each segment stood on the map

    def segment_of(self, visitor_ids: np.ndarray) -> np.ndarray:
        """int64 (V,): the number of each visitor's segment, −1 where unknown."""
        return np.array([self.number_of.get(visitor, -1) for visitor in visitor_ids.tolist()], np.int64)


def read_previous(folder: Path) -> Previous:
    """The segments of an artifact. Raises ArtifactError with the name of the file that cannot be used."""
    read_manifest(folder, verify=False)
    path = folder / "visitors.parquet"
    try:
        visitors = pq.read_table(path, columns=["visitor_id", "segment"]).to_pydict()
        path = folder / "segments.json"
        entries = json.loads(path.read_text(encoding="utf-8"))
        top_items = {entry["number"]: [item["item_id"] for item in entry.get("top_items", [])] for entry in entries}
        anchors = {entry["number"]: _place(entry["anchor"]) for entry in entries if "anchor" in entry}
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error})") from error
    numbers = dict(zip(visitors["visitor_id"], visitors["segment"], strict=True))
    return Previous(numbers, top_items, anchors=anchors)


def _place(written: Any) -> tuple[float, float]:
    x, y = written
    return float(x), float(y)


def with_earlier(previous: Previous | None, path: Path) -> Previous:
    """What artifacts before the previous one called theirs, of a file `{"reserved": [numbers], "former_members":
    {number: [visitor_id]}}`. Raises InputError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        members = {int(number): [str(v) for v in visitors] for number, visitors in document["former_members"].items()}
        reserved = frozenset(int(number) for number in document["reserved"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"tells no numbers of segments ({error})", file=path) from error
    return replace(previous or Previous({}, {}), former_members=members, reserved=reserved)


def segment(
    dataset: Dataset,
    factors: Factors,
    *,
    seed: int,
    previous: Previous | None = None,
    chosen_on: int = 6000,
    interests: InterestsConfig | None = None,
) -> Segmented:
    """Fit the space and the segments. With the segments of a previous artifact their numbers stay the same.
    `chosen_on`: how many visitors decide the number of segments, where there are more than 6,000."""
    interests = interests or InterestsConfig()
    vectors_VD = factors.vectors(dataset.histories)
    activity, tastes_VC = activity_of(dataset), tastes_of(dataset)
    space = fit_interest_space(
        vectors_VD,
        dimensions=interests.dimensions,
        seed=seed,
        method=interests.method,
        activity_VA=activity.volume if tastes_VC is None else activity.volume_and_time,
        tastes_VC=tastes_VC,
    )
    interest_VP = space.transform(vectors_VD)
    with threadpool_limits(1):  # many small fits: 14 s of CPU instead of 44 for 5,700 visitors on two cores
        segments = fit_segments(
            interest_VP,
            seed=seed,
            most_visitors=chosen_on,
            expected=space.interests,
            clear=space.clear,
            before_V=None if previous is None else previous.segment_of(dataset.visitor_ids),
        )
    item_interest_IP = space.transform(unit_rows(factors.factors_ID_))
    described = _describe(dataset, segments, interest_VP, item_interest_IP)
    if previous is not None:
        segments = segments.with_numbers(_numbers(dataset, segments, interest_VP, described, previous))
        segments = segments.mapped_like(previous.anchors)
        described = _describe(dataset, segments, interest_VP, item_interest_IP)
    likeliest_V = segments.memberships(interest_VP).argmax(axis=1)
    evaluation = {
        "expected": space.interests,
        "clear": space.clear,
        "tried": segments.report,
        "told": told_by(likeliest_V, activity, tastes_VC),
    }
    numbers_V = segments.numbers_K[likeliest_V]
    moves_V = moves_of(dataset.histories, factors, space, segments)
    emerging = _emerging(dataset, numbers_V, described)
    return Segmented(
        space, segments, interest_VP, item_interest_IP, described, numbers_V, moves_V, evaluation, emerging
    )


def _describe(
    dataset: Dataset, segments: SegmentModel, interest_VP: np.ndarray, item_interest_IP: np.ndarray
) -> list[dict[str, Any]]:
    histories = dataset.histories
    counts_VI = histories.matrix_BI(dataset.items, np.ones(len(histories.items_N)))
    table = dataset.catalog if dataset.catalog is not None else pa.table({"item_id": pa.array(dataset.item_ids)})
    last_V = histories.seconds_N[histories.starts_B1[1:] - 1]
    places_I2 = segments.places(item_interest_IP)
    return describe_segments(segments, interest_VP, counts_VI, table, last_timestamp_V=last_V, item_places_I2=places_I2)


def _emerging(dataset: Dataset, numbers_V: np.ndarray, described: list[dict[str, Any]]) -> list[EmergingInterest]:
    categories_I = [] if dataset.catalog is None else categories_of(dataset.catalog)
    about = {
        row["category"]
        for entry in described
        for row in entry["top_categories"]
        if row["share"] >= ABOUT_SHARE and row["lift"] >= ABOUT_LIFT
    }
    return emerging_interests(dataset.histories, dataset.items, numbers_V, categories_I, about)


def _numbers(
    dataset: Dataset,
    segments: SegmentModel,
    interest_VP: np.ndarray,
    described: list[dict[str, Any]],
    previous: Previous,
) -> np.ndarray:
    items_of = {entry["number"]: [item["item_id"] for item in entry["top_items"]] for entry in described}
    return match_numbers(
        visitor_ids=dataset.visitor_ids.tolist(),
        memberships_VK=segments.memberships(interest_VP),
        top_items_K=[items_of[number] for number in segments.numbers_K.tolist()],
        previous_numbers=previous.number_of,
        previous_top_items=previous.top_items,
        former_members=previous.former_members,
        reserved=previous.reserved,
    )


def visitors_table(dataset: Dataset, segmented: Segmented) -> pa.Table:
    """The content of visitors.parquet; `probabilities` stand in the order of the segments' numbers."""
    segments, interest_VP = segmented.segments, segmented.interest_VP
    order_K = np.argsort(segments.numbers_K)
    shares_VK = segments.memberships(interest_VP)[:, order_K]
    likeliest_V = shares_VK.argmax(axis=1)
    map_V2 = segments.places(interest_VP)
    return pa.table(
        {
            "visitor_id": pa.array(dataset.visitor_ids, pa.string()),
            "interest": _lists(interest_VP.astype(np.float32)),
            "segment": segments.numbers_K[order_K][likeliest_V].astype(np.int32),
            "probability": shares_VK.max(axis=1).astype(np.float32),
            "probabilities": _lists(shares_VK.astype(np.float32)),
            "x": map_V2[:, 0].astype(np.float32),
            "y": map_V2[:, 1].astype(np.float32),
            "novelty": novelty_of(dataset).astype(np.float32),
            "moves": pa.array(segmented.moves_V, pa.list_(pa.int32())),
            "emerging": _emerging_of(segmented, len(dataset.visitor_ids)),
        }
    )


def novelty_of(dataset: Dataset) -> np.ndarray:
    """float64 (V,): how little known what a visitor chooses is, as the mean self-information of the items in bits
    (Zhou et al. 2010)."""
    histories = dataset.histories
    visitors = max(len(dataset.visitor_ids), 1)
    touched_VI = (histories.matrix_BI(dataset.items, np.ones(len(histories.items_N))) > 0).astype(float)
    share_I = np.asarray(touched_VI.sum(axis=0)).ravel() / visitors
    bits_I = -np.log2(np.maximum(share_I, 1 / visitors))
    return np.asarray((touched_VI @ bits_I) / np.maximum(np.asarray(touched_VI.sum(axis=1)).ravel(), 1))


def _lists(values_NK: np.ndarray) -> pa.Array:
    starts = np.arange(len(values_NK) + 1, dtype=np.int32) * values_NK.shape[1]
    return pa.ListArray.from_arrays(pa.array(starts), pa.array(values_NK.ravel()))


def emerging_table(dataset: Dataset, segmented: Segmented) -> list[dict[str, Any]]:
    """The content of emerging.json, which names nobody: who they are stands in visitors.parquet by `number`."""
    return [
        {
            "number": number,
            "items": [dataset.item_ids[item] for item in interest.items],
            "visitors": len(interest.rows_B),
            **{name: round(getattr(interest, name), 4) for name in ("ratio", "low", "high")},
        }
        for number, interest in enumerate(segmented.emerging, start=1)
    ]


def _emerging_of(segmented: Segmented, visitors: int) -> np.ndarray:
    """int16 (V,): the number of the emerging interest of each visitor, 0 for none."""
    numbers_V = np.zeros(visitors, np.int16)
    for number, interest in enumerate(segmented.emerging, start=1):
        numbers_V[interest.rows_B] = number
    return numbers_V
