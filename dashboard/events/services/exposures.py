"""The log of slates."""

import io
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from dashboard.core.bulk import copy_rows
from dashboard.core.prepared import Prepared
from dashboard.events.services.exposure_log import ExposureLog, Row
from dashboard.events.services.logged_policies import keep_policies, mention_policy
from recommender.slate import Knobs, Rule

# slates; fewer by arrays: 3 cost 0.9 ms of both processors instead of 2.7, 20 cost 4 instead of 6 (1 December 2026)
COPY_FROM = 60
# A transaction of its own that does not wait for the disk (docs/adr/0007-exposure-durability.md).
_HURRY = "SET LOCAL synchronous_commit TO off"
_TYPES = {
    "recommendation_id": "uuid",
    "shop_id": "bigint",
    "placement": "text",
    "visitor_id": "text",
    "session_id": "text",
    "served_at": "timestamptz",
    "policy_version": "int",
    "policy_hash": "text",
    "artifact_id": "bigint",
    "experiment_id": "bigint",
    "variant": "text",
    "audience_id": "bigint",
    "fallback": "text",
    "temperature": "float8",
    "seed": "bigint",
    "items": "jsonb",
    "record": "bytea",
    "latency_ms": "float8",
    "simulated": "boolean",
}  # {column: what it is stored as}
_SENT_AS = {"uuid": "text", "jsonb": "text"}  # in arrays, which PostgreSQL does not take these from texts in
_INSERT = Prepared(
    "forage_expose",
    ", ".join(f"{_SENT_AS.get(kind, kind)}[]" for kind in _TYPES.values()),
    f"INSERT INTO events_exposure ({', '.join(_TYPES)}) "  # noqa: S608  names of this module
    f"SELECT {', '.join(f'{name}::{kind}' for name, kind in _TYPES.items())} "
    f"FROM unnest({', '.join(f'${number}' for number in range(1, len(_TYPES) + 1))}) AS shown ({', '.join(_TYPES)}) "
    # what was committed while its answer was lost comes again
    "ON CONFLICT DO NOTHING",
)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_log: ExposureLog | None = None


def store_exposures_later() -> None:
    """From now on this process stores exposures a moment after they were recorded, many at once: for web processes."""
    global _log
    _log = _log or ExposureLog(_store)


def record_exposure(**fields: Any) -> None:
    """Log one slate that is about to be shown; fields as of `exposure_row`.

    A crash of the database server may lose the last fraction of a second of exposures, never damage one; a click
    whose exposure is missing is kept as an interaction and counts for no slate. Call it outside a transaction: inside
    one the whole transaction stops waiting for the disk. See also `store_exposures_later`.
    """
    row = exposure_row(**fields)
    if _log is None:
        _store([row])
    else:
        _log.add(row)


def record_exposures(rows: Sequence[Row]) -> None:
    """Log many slates at once, each an `exposure_row`."""
    if len(rows) < COPY_FROM:
        _store(rows)
    else:
        _copy(rows)


@transaction.atomic
def _copy(rows: Sequence[Row]) -> None:
    keep_policies()
    text = "".join("\t".join(map(_copied, row)) + "\n" for row in rows)
    with connection.cursor() as cursor:
        cursor.execute(_HURRY)
    copy_rows("events_exposure", ", ".join(_TYPES), [io.BytesIO(text.encode())])


def exposure_row(
    *,
    shop_id: int,
    recommendation_id: uuid.UUID,
    placement: str,
    served_at: datetime,
    policy_version: int,
    policy_hash: str,
    temperature: float,
    seed: int,
    items: list[dict[str, Any]],
    record: bytes | None = None,
    knobs: Knobs | None = None,
    rules: Sequence[Rule] = (),
    visitor_id: str = "",
    session_id: str = "",
    artifact_id: int | None = None,
    experiment_id: int | None = None,
    variant: str = "",
    audience_id: int | None = None,
    fallback: str = "",
    latency_ms: float | None = None,
    simulated: bool = False,
) -> Row:
    """Fields as in `events.models.Exposure`, numpy values allowed, in the order of the columns.

    `knobs` and `rules`: what `policy_hash` stands for; they are kept once, with the first exposure of theirs.
    """
    if knobs is not None:
        mention_policy(shop_id, policy_hash, knobs, rules)
    return (
        str(recommendation_id),
        shop_id,
        placement,
        visitor_id,
        session_id,
        served_at,
        policy_version,
        policy_hash,
        artifact_id,
        experiment_id,
        variant,
        audience_id,
        fallback,
        float(temperature),
        seed,
        _json(items),
        record,
        latency_ms,
        simulated,
    )


def _store(rows: Sequence[Row]) -> None:
    keep_policies()
    _INSERT.run([list(column) for column in zip(*rows, strict=True)], first=_HURRY)


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _copied(value: Any) -> str:
    """A value as COPY reads it in its text form."""
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text.translate(_ESCAPES)
