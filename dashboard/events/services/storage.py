"""The statements of ingest. Ids are claimed first: what is claimed is stored in the same transaction.

Ids are claimed in sorted order, so that two batches with the same ids wait for each other and never deadlock.
A few events are one statement and one round trip; many are copied into a table of the connection's own, because
PostgreSQL takes no COPY into tables with row policies, and inserted from there (docs/adr/0005-parser-and-ingest.md).
"""

import io
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from django.db import IntegrityError, connection, transaction

from dashboard.core.prepared import Prepared, run_together
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
_ALL_NEW = [
    Prepared(f"forage_store_{name}", "bigint, timestamptz, boolean", statement.format(rows="forage_stage", **_PLACES))
    for name, statement in (("keys", _KEYS), ("interactions", _INTERACTIONS), ("impressions", _IMPRESSIONS))
]
_NO_IMPRESSIONS = _ALL_NEW[:-1]
_STAGE = "CREATE TEMP TABLE IF NOT EXISTS forage_stage ({}) ON COMMIT DELETE ROWS"
# Plain storage: no second table for long texts, which every commit would have to empty too. The longest row that can
# come, every text at its limit and every character of four bytes, takes 7.4 of the 8 kB that a row may.
_PLAIN, _PLAIN_FROM = " STORAGE PLAIN", 160000
_COPY = f"COPY forage_stage FROM STDIN WITH (NULL '{NULL}')"
_NAMED = {"shop": "%(shop)s", "received": "%(received)s", "simulated": "%(simulated)s", "rows": "forage_stage"}
_staged: "WeakKeyDictionary[Any, bool]" = WeakKeyDictionary()  # connections whose stage is committed


def store(shop_id: int, batch: Batch, received_at: datetime, *, simulated: bool) -> set[str]:
    """Claim the ids of a batch and store the rows of those that nobody had claimed before; returns these.

    Waits for a transaction that is claiming one of them right now.
    """
    values = {"shop": shop_id, "received": received_at, "simulated": simulated}
    text = "".join(batch.rows)
    if len(batch.rows) < COPY_FROM:
        return {row[0] for row in _STORE_FEW.rows([*values.values(), text[:-1]])}
    try:  # nearly every batch is new as a whole: inserting without a look at conflicts costs half
        with transaction.atomic():
            _stage(text)
            run_together(_ALL_NEW if "\tview_item_list\t" in text else _NO_IMPRESSIONS, [*values.values()])
        return set(batch.ids)
    except IntegrityError:
        with transaction.atomic():
            _stage(text)
            return _store_unknown(values)


def hashes_of(shop_id: int, event_ids: list[str]) -> dict[str, str]:
    """The payload hashes, in hex, under which ids were claimed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id, encode(payload_hash, 'hex') FROM events_eventkey "
            "WHERE shop_id = %s AND event_id = ANY(%s)",
            [shop_id, event_ids],
        )
        return dict(cursor.fetchall())


def _stage(text: str) -> None:
    """Copy rows into the connection's own table, which is empty in a new transaction."""
    link = connection.connection
    with connection.cursor() as cursor:
        if link not in _staged:
            plain = _PLAIN if link.server_version >= _PLAIN_FROM else ""
            cursor.execute(_STAGE.format(", ".join(f"{name} {kind}{plain}" for name, kind in COLUMNS.items())))
            cursor.execute("DELETE FROM forage_stage")  # what the caller's transaction copied before
            transaction.on_commit(lambda: _staged.update({link: True}))
        elif len(connection.savepoint_ids) > 0:
            cursor.execute("DELETE FROM forage_stage")
        with connection.wrap_database_errors:  # Django turns the driver's errors into its own only in execute()
            cursor.copy_expert(_COPY, io.BytesIO(text.replace("\\", "\\\\").encode()))


def _store_unknown(values: dict[str, Any]) -> set[str]:
    """Some ids are known: ask for each, and leave their rows out."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS.format(**_NAMED) + _UNLESS_KNOWN, values)
        new_ids = {row[0] for row in cursor.fetchall()}
        cursor.execute("DELETE FROM forage_stage WHERE event_id <> ALL(%s)", [list(new_ids)])
        for statement in (_IMPRESSIONS, _INTERACTIONS):
            cursor.execute(statement.format(**_NAMED), values)
        return new_ids
