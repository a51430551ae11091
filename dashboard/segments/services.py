"""Writes: the segments of a newly published artifact, and the names that merchants give them."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.core.bulk import copy_rows
from dashboard.segments import figures, flows, identity, prepared_map, selectors
from dashboard.segments.models import (
    EmergingInterest,
    MapCell,
    MapPoint,
    MonthFlow,
    Segment,
    SegmentFigures,
    SegmentMembership,
    SegmentName,
    SegmentSet,
)

if TYPE_CHECKING:  # Arrow: 40 MB that a web process never needs, but the worker that publishes
    import pyarrow as pa

NAME_MAX_LENGTH = 120
SHOWN_PROBABILITY = 0.01  # memberships below this are noise to a merchant and half of the bytes
COPY_BATCH_ROWS = 50_000  # about 6 MB of CSV in memory

_COLUMNS = "shop_id, artifact_id, visitor_id, number, probability, probabilities, x, y, novelty, moves, emerging"
# A visitor erased since the run began is in its files, but must not come back; nor may what was learnt of one who was
# erased and returned under the same id.
_FORGET_ERASED = """
    WITH gone AS (
        DELETE FROM segments_segmentmembership m
        WHERE m.shop_id = %(shop)s AND m.artifact_id = %(artifact)s AND (
            NOT EXISTS (
                SELECT 1 FROM events_interaction i WHERE i.shop_id = m.shop_id AND i.visitor_id = m.visitor_id)
            OR m.visitor_id IN (SELECT e.visitor_id FROM events_erasedvisitor e WHERE e.shop_id = m.shop_id))
        RETURNING m.number
    )
    UPDATE segments_segment s SET visitors = greatest(s.visitors - lost.visitors, 0)
    FROM (SELECT number, count(*) AS visitors FROM gone GROUP BY number) AS lost
    WHERE s.shop_id = %(shop)s AND s.artifact_id = %(artifact)s AND s.number = lost.number
"""


@transaction.atomic
def replace_segments(*, shop: Shop, artifact_id: int, folder: Path) -> None:
    """Show the segments of `folder` (an artifact's segments.json and visitors.parquet) from the commit on.

    Members of the artifact shown before stay for a roll-back, older ones go; segments are kept for a year. Members that
    are still stored, as on a roll-back, are not read again.
    """
    current = SegmentSet.objects.select_for_update().filter(shop=shop).first()
    if not SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id).exists():
        _load(shop, artifact_id, folder)
    identity.note_showing(shop, artifact_id, before=current.artifact_id if current else None)
    if current is None:
        current = SegmentSet(shop=shop)
    elif current.artifact_id != artifact_id:
        current.previous_artifact_id = current.artifact_id
    current.artifact_id = artifact_id
    current.save()
    _drop_older(shop, current)
    figures.ask_for_figures(shop)


def forget_visitor(*, shop: Shop, visitor_id: str) -> int:
    """Erase a visitor's memberships of every artifact: those segments have one less. Returns how many there were."""
    gone = identity.forget_visitor(shop, visitor_id)
    prepared_map.forget_visitor(shop, visitor_id)
    flows.forget_visitor(shop, visitor_id)
    figures.forget_visitor(shop)
    mine = SegmentMembership.objects.filter(shop=shop, visitor_id=visitor_id)
    for artifact_id, number in mine.values_list("artifact_id", "number"):
        segments = Segment.objects.filter(shop=shop, artifact_id=artifact_id, number=number, visitors__gt=0)
        segments.update(visitors=F("visitors") - 1)
    return gone + mine.delete()[0]


def rename_segment(*, shop: Shop, number: int, name: str) -> str:
    """Give a segment the merchant's own name; an empty one returns to the suggested. Returns the name shown."""
    name = " ".join(name.split())
    if len(name) > NAME_MAX_LENGTH:
        message = _("Use at most %(limit)d characters.") % {"limit": NAME_MAX_LENGTH}
        raise errors.Invalid(message, fields={"name": message})
    known = selectors.segment(shop, number)
    if known is None:
        raise errors.NotFound(_("There is no segment %(number)d in the published model.") % {"number": number})
    if not name or name == known.suggested_name:
        SegmentName.objects.filter(shop=shop, number=number).delete()
        return known.suggested_name
    SegmentName.objects.update_or_create(shop=shop, number=number, defaults={"name": name})
    return name


def _load(shop: Shop, artifact_id: int, folder: Path) -> None:
    described = json.loads((folder / "segments.json").read_text(encoding="utf-8"))
    Segment.objects.filter(shop=shop, artifact_id=artifact_id).delete()  # without members any more
    Segment.objects.bulk_create(_segment(shop, artifact_id, entry) for entry in described)
    numbers = [int(entry["number"]) for entry in described]
    tables = _membership_tables(folder / "visitors.parquet", shop.pk, artifact_id, numbers)
    parts = (io.BytesIO(_as_csv(table)) for table in tables)
    copy_rows("segments_segmentmembership", _COLUMNS, parts, "WITH (FORMAT csv)")
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_ERASED, {"shop": shop.pk, "artifact": artifact_id})
    prepared_map.prepare_map(shop, artifact_id)
    flows.sum_flows(shop, artifact_id)
    _load_emerging(shop, artifact_id, folder / "emerging.json")


def _load_emerging(shop: Shop, artifact_id: int, path: Path) -> None:
    """Artifacts of before have none."""
    EmergingInterest.objects.filter(shop=shop, artifact_id=artifact_id).delete()
    entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    EmergingInterest.objects.bulk_create(
        EmergingInterest(
            shop=shop,
            artifact_id=artifact_id,
            **{name: entry[name] for name in ("number", "items", "ratio", "low", "high")},
        )
        for entry in entries
    )


def _segment(shop: Shop, artifact_id: int, entry: dict[str, Any]) -> Segment:
    return Segment(
        shop=shop,
        artifact_id=artifact_id,
        number=entry["number"],
        suggested_name=str(entry["suggested_name"])[:NAME_MAX_LENGTH],
        share=entry["share"],
        visitors=entry["visitors"],
        center=entry["center"],
        covariance=entry["covariance"],
        top_items=entry.get("top_items", []),
        top_categories=entry.get("top_categories", []),
        facts=entry.get("facts", {}),
    )


def _membership_tables(path: Path, shop_id: int, artifact_id: int, numbers: list[int]) -> "Iterator[pa.Table]":
    """Rows of visitors.parquet in the order of the COPY. `probabilities` there is a list in the order of `numbers`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = ["visitor_id", "segment", "probability", "probabilities", "x", "y", "novelty", "moves", "emerging"]
    with pq.ParquetFile(path) as file:
        missing = set(columns) - set(file.schema_arrow.names)  # in artifacts of before
        for batch in file.iter_batches(batch_size=COPY_BATCH_ROWS, columns=columns):
            rows = batch.num_rows
            shown = [_shown(numbers, row) for row in batch.column("probabilities").to_pylist()]
            yield pa.table(
                {
                    "shop_id": pa.array([shop_id] * rows),
                    "artifact_id": pa.array([artifact_id] * rows),
                    "visitor_id": batch.column("visitor_id").cast(pa.string()),
                    "number": batch.column("segment"),
                    "probability": batch.column("probability"),
                    "probabilities": pa.array(shown, pa.string()),
                    "x": batch.column("x"),
                    "y": batch.column("y"),
                    "novelty": pa.nulls(rows, pa.float32()) if "novelty" in missing else batch.column("novelty"),
                    "moves": pa.array(["[]"] * rows if "moves" in missing else _written(batch.column("moves"))),
                    "emerging": pa.array([0] * rows) if "emerging" in missing else batch.column("emerging"),
                }
            )


def _written(moves: "pa.ListArray") -> list[str]:
    return [orjson.dumps(row).decode() for row in moves.to_pylist()]


def _shown(numbers: list[int], probabilities: list[float]) -> str:
    pairs = zip(numbers, probabilities, strict=True)
    return orjson.dumps({str(number): round(p, 4) for number, p in pairs if p >= SHOWN_PROBABILITY}).decode()


def _as_csv(table: "pa.Table") -> bytes:
    import pyarrow.csv as pa_csv

    buffer = io.BytesIO()
    pa_csv.write_csv(table, buffer, pa_csv.WriteOptions(include_header=False))
    return buffer.getvalue()


def _drop_older(shop: Shop, current: SegmentSet) -> None:
    kept = [current.artifact_id, current.previous_artifact_id]
    kept_ids = [artifact_id for artifact_id in kept if artifact_id is not None]
    for model in (SegmentMembership, MapPoint, MapCell, MonthFlow, SegmentFigures, EmergingInterest):
        model._default_manager.filter(shop=shop).exclude(artifact_id__in=kept_ids).delete()
    told = identity.artifacts_of_the_year(shop)
    Segment.objects.filter(shop=shop).exclude(artifact_id__in=[*kept_ids, *told]).delete()
