"""The statements of ingest. Ids are claimed first: what is claimed is stored in the same transaction.

Ids are claimed in sorted order, so that two batches with the same ids wait for each other and never deadlock.
A claim of a publishable key, which anybody may copy, gives way to the first of a secret key.
A few events are one statement and one round trip; many are copied into a table of the connection's own, because
PostgreSQL takes no COPY into tables with row policies, and inserted from there (docs/adr/0005-parser-and-ingest.md).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
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
_MORE = "type, quantity, price, value, currency, order_id, query, low_trust, about"
_INTERACTIONS = (
    f"INSERT INTO events_interaction ({_SAME}, {_MORE}) SELECT {_SAME_FROM}, {_MORE} FROM {{rows}} "  # noqa: S608
    "WHERE type <> 'view_item_list'"
)
_IMPRESSIONS = (
    f"INSERT INTO events_impression ({_SAME}) SELECT {_SAME_FROM} FROM {{rows}} "  # noqa: S608
    "WHERE type = 'view_item_list' AND item_id <> ''"
)
_KEYS = (
    "INSERT INTO events_eventkey (shop_id, event_id, payload_hash, low_trust_at) "
    "SELECT {shop}, event_id, payload_hash, CASE WHEN {low_trust} THEN to_timestamp(at) END "
    "FROM {rows} WHERE line = 0 ORDER BY event_id"
)
_UNLESS_KNOWN = " ON CONFLICT (shop_id, event_id) DO NOTHING RETURNING event_id"

_PLACES = {"shop": "$1", "received": "$2", "simulated": "$3", "low_trust": "$4"}
_TYPES = "bigint, timestamptz, boolean, boolean"
_SENT_ROWS = f"""
    SELECT {_ROW}
    FROM (SELECT string_to_array(row, E'\\t', E'\\x01') AS r FROM string_to_table($5, E'\\n') AS row) AS raw
"""  # noqa: S608
_STORE_FEW = Prepared(
    "forage_store_few",
    f"{_TYPES}, text",
    f"""
    WITH sent AS MATERIALIZED ({_SENT_ROWS}), claimed AS ({_KEYS.format(rows="sent", **_PLACES)}{_UNLESS_KNOWN}),
    fresh AS (SELECT sent.* FROM sent JOIN claimed USING (event_id)),
    did AS ({_INTERACTIONS.format(rows="fresh", **_PLACES)}),
    saw AS ({_IMPRESSIONS.format(rows="fresh", **_PLACES)})
    SELECT event_id FROM claimed
    """,  # noqa: S608  columns and places, all of this module
)
# Of events that a secret key sends: those whose ids publishable keys had claimed. What those had stored goes.
_SUPERSEDE = Prepared(
    "forage_supersede",
    f"{_TYPES}, text",
    f"""
    WITH sent AS MATERIALIZED ({_SENT_ROWS}),
    low AS MATERIALIZED (
        SELECT event_id, low_trust_at AS at FROM events_eventkey
        WHERE shop_id = $1 AND low_trust_at IS NOT NULL AND event_id IN (SELECT event_id FROM sent)
        ORDER BY event_id FOR UPDATE
    ), raised AS (
        UPDATE events_eventkey AS known SET payload_hash = sent.payload_hash, low_trust_at = NULL
        FROM sent JOIN low USING (event_id)
        WHERE known.shop_id = $1 AND known.event_id = low.event_id AND sent.line = 0
    ), did_not AS (
        DELETE FROM events_interaction AS old USING low WHERE old.shop_id = $1 AND old.event_id = low.event_id
            AND old.timestamp = low.at AND old.timestamp = ANY(ARRAY(SELECT at FROM low))
    ), did_not_see AS (
        DELETE FROM events_impression AS old USING low WHERE old.shop_id = $1 AND old.event_id = low.event_id
            AND old.timestamp = low.at AND old.timestamp = ANY(ARRAY(SELECT at FROM low))
    ), fresh AS (SELECT sent.* FROM sent JOIN low USING (event_id)),
    did AS ({_INTERACTIONS.format(rows="fresh", **_PLACES)}),
    saw AS ({_IMPRESSIONS.format(rows="fresh", **_PLACES)})
    SELECT event_id FROM low
    """,  # noqa: S608  columns and places, all of this module
)
_ALL_NEW = [
    Prepared(f"forage_store_{name}", _TYPES, statement.format(rows="forage_stage", **_PLACES))
    for name, statement in (("keys", _KEYS), ("interactions", _INTERACTIONS), ("impressions", _IMPRESSIONS))
]
_NO_IMPRESSIONS = _ALL_NEW[:-1]
_STAGE = "CREATE TEMP TABLE IF NOT EXISTS forage_stage ({}) ON COMMIT DELETE ROWS"
# Plain storage: no second table for long texts, which every commit would have to empty too. The longest row that can
# come, every text at its limit and every character of four bytes, takes 7.4 of the 8 kB that a row may.
_PLAIN, _PLAIN_FROM = " STORAGE PLAIN", 160000
_COPY = f"COPY forage_stage FROM STDIN WITH (NULL '{NULL}')"
_NAMED = {**{name: f"%({name})s" for name in _PLACES}, "rows": "forage_stage"}
_staged: "WeakKeyDictionary[Any, bool]" = WeakKeyDictionary()  # connections whose stage is committed


@dataclass(frozen=True)
class Sender:
    """Who sent a batch, and when it came."""

    shop_id: int
    received_at: datetime
    simulated: bool
    low_trust: bool

    @property
    def values(self) -> dict[str, Any]:
        """By the names of `_PLACES`."""
        return dict(zip(_PLACES, (self.shop_id, self.received_at, self.simulated, self.low_trust), strict=True))


def store(batch: Batch, sender: Sender) -> set[str]:
    """Claim the ids of a batch and store the rows of those that nobody had claimed before; returns these.

    Waits for a transaction that is claiming one of them right now.
    """
    values = sender.values
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


def supersede(rows: Sequence[str], sender: Sender) -> set[str]:
    """Put these rows in the place of what publishable keys had stored under the same ids; returns the ids of which that
    was so. Of two that come at once with secret keys the second waits, and finds nothing to take the place of."""
    return {row[0] for row in _SUPERSEDE.rows([*sender.values.values(), "".join(rows)[:-1]])}


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
