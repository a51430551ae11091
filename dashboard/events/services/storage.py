"""The statements of ingest. Ids are claimed first: what is claimed is stored in the same transaction.

Ids are claimed in sorted order, so that two batches with the same ids wait for each other and never deadlock.
A few events are one statement and one round trip; many are copied into a table of the connection's own, because
PostgreSQL takes no COPY into tables with row policies, and inserted from there (docs/adr/0005-parser-and-ingest.md).
"""

import io
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from dashboard.core.prepared import Prepared
from dashboard.events.rows import COLUMNS, NULL, Batch

COPY_FROM = 20  # events; below this the round trips of a staging table cost more than they save

_ROW = ", ".join(
    f"r[{place}] AS {name}" if kind.startswith("varchar") else f"r[{place}]::{kind} AS {name}"
    for place, (name, kind) in enumerate(COLUMNS.items(), start=1)
)
_SENT = "event_id, line, visitor_id, session_id, item_id, recommendation_id, placement"
_SAME = f"{_SENT}, timestamp, received_at, simulated, shop_id"
_SAME_FROM = f"{_SENT}, to_timestamp(at), {{received}}, {{simulated}}, {{shop}}"
_MORE = "type, quantity, price, value, currency, order_id, query, low_trust"
_INTERACTIONS = (
    f"INSERT INTO events_interaction ({_SAME}, {_MORE}) SELECT {_SAME_FROM}, {_MORE} FROM {{rows}} "  # noqa: S608
    "WHERE type <> 'view_item_list'"
)
_IMPRESSIONS = (
    f"INSERT INTO events_impression ({_SAME}) SELECT {_SAME_FROM} FROM {{rows}} "  # noqa: S608
    "WHERE type = 'view_item_list' AND item_id <> ''"
)
_KEYS = (
    "INSERT INTO events_eventkey (shop_id, event_id, payload_hash) "
    "SELECT {shop}, event_id, payload_hash FROM {rows} WHERE line = 0 ORDER BY event_id"
)
_UNLESS_KNOWN = " ON CONFLICT (shop_id, event_id) DO NOTHING RETURNING event_id"

_PLACES = {"shop": "$1", "received": "$2", "simulated": "$3"}
_STORE_FEW = Prepared(
    "forage_store_few",
    "bigint, timestamptz, boolean, text",
    f"""
    WITH sent AS MATERIALIZED (
        SELECT {_ROW}
        FROM (SELECT string_to_array(row, E'\\t', E'\\x01') AS r FROM string_to_table($4, E'\\n') AS row) AS raw
    ), claimed AS ({_KEYS.format(rows="sent", **_PLACES)}{_UNLESS_KNOWN}),
    fresh AS (SELECT sent.* FROM sent JOIN claimed USING (event_id)),
    did AS ({_INTERACTIONS.format(rows="fresh", **_PLACES)}),
    saw AS ({_IMPRESSIONS.format(rows="fresh", **_PLACES)})
    SELECT event_id FROM claimed
    """,  # noqa: S608  columns and places, all of this module
)
_STAGE = "CREATE TEMP TABLE IF NOT EXISTS forage_stage ({}) ON COMMIT DELETE ROWS".format(
    ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
)
_NAMED = {"shop": "%(shop)s", "received": "%(received)s", "simulated": "%(simulated)s", "rows": "forage_stage"}


def store(shop_id: int, batch: Batch, received_at: datetime, *, simulated: bool) -> set[str]:
    """Claim the ids of a batch and store the rows of those that nobody had claimed before; returns these.

    Waits for a transaction that is claiming one of them right now.
    """
    values = {"shop": shop_id, "received": received_at, "simulated": simulated}
    if len(batch.rows) < COPY_FROM:
        text = "".join(batch.rows)[:-1]
        return {row[0] for row in _STORE_FEW.rows([*values.values(), text])}
    with transaction.atomic():
        return _store_many(batch, values)


def hashes_of(shop_id: int, event_ids: list[str]) -> dict[str, str]:
    """The payload hashes, in hex, under which ids were claimed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id, encode(payload_hash, 'hex') FROM events_eventkey "
            "WHERE shop_id = %s AND event_id = ANY(%s)",
            [shop_id, event_ids],
        )
        return dict(cursor.fetchall())


def _store_many(batch: Batch, values: dict[str, Any]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        cursor.execute("DELETE FROM forage_stage")  # what the same transaction copied before
        text = "".join(batch.rows).replace("\\", "\\\\")
        with connection.wrap_database_errors:  # Django turns the driver's errors into its own only in execute()
            cursor.copy_expert(f"COPY forage_stage FROM STDIN WITH (NULL '{NULL}')", io.StringIO(text))
        new_ids = _claim(cursor, batch.ids, values)
        if any("\tview_item_list\t" in row for row in batch.rows):
            cursor.execute(_IMPRESSIONS.format(**_NAMED), values)
        cursor.execute(_INTERACTIONS.format(**_NAMED), values)
        return new_ids


def _claim(cursor: Any, ids: list[str], values: dict[str, Any]) -> set[str]:
    """Nearly every batch is new as a whole: inserting without a look at conflicts costs half."""
    try:
        with transaction.atomic():
            cursor.execute(_KEYS.format(**_NAMED), values)
        return set(ids)
    except IntegrityError:  # some ids are known: ask for each, and leave their rows out
        cursor.execute(_KEYS.format(**_NAMED) + _UNLESS_KNOWN, values)
        new_ids = {row[0] for row in cursor.fetchall()}
        cursor.execute("DELETE FROM forage_stage WHERE event_id <> ALL(%s)", [list(new_ids)])
        return new_ids
