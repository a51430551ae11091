"""The log of slates."""

import uuid
from datetime import datetime
from typing import Any

import orjson

from dashboard.core.prepared import Prepared

# One round trip, one transaction of its own that does not wait for the disk (docs/adr/0007-exposure-durability.md).
_HURRY = "SET LOCAL synchronous_commit TO off"
_INSERT = Prepared(
    "forage_expose",
    "uuid, bigint, text, text, text, timestamptz, int, text, bigint, bigint, text, text, float8, bigint, jsonb, jsonb, "
    "float8, boolean",
    """
    INSERT INTO events_exposure (recommendation_id, shop_id, placement, visitor_id, session_id, served_at,
        policy_version, policy_hash, artifact_id, experiment_id, variant, fallback, temperature, seed, items,
        candidates, latency_ms, simulated)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    """,
)


def record_exposure(
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
    candidates: dict[str, list[Any]],
    visitor_id: str = "",
    session_id: str = "",
    artifact_id: int | None = None,
    experiment_id: int | None = None,
    variant: str = "",
    fallback: str = "",
    latency_ms: float | None = None,
    simulated: bool = False,
) -> None:
    """Log one slate that is about to be shown; fields as in `events.models.Exposure`, numpy values allowed.

    A crash of the database server may lose the last fraction of a second of exposures, never damage one; a click
    whose exposure is missing is kept as an interaction and counts for no slate. Call it outside a transaction: inside
    one the whole transaction stops waiting for the disk.
    """
    _INSERT.run(
        [
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
            fallback,
            float(temperature),
            seed,
            _json(items),
            _json(candidates),
            latency_ms,
            simulated,
        ],
        first=_HURRY,
    )


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
