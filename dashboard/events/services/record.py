"""Ingest: a batch of events, each with its verdict, stored exactly once."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.core.batches import part, parts
from dashboard.core.bodies import check_values
from dashboard.core.errors import TooLarge
from dashboard.core.structs import converted
from dashboard.core.verdicts import Rejection, Verdicts
from dashboard.events.fast_path import Span, faultless_batch
from dashboard.events.payload import Event, clean_event
from dashboard.events.rows import Batch
from dashboard.events.services.bots import mark_agents
from dashboard.events.services.counters import count_verdicts
from dashboard.events.services.partitions import installation_cutoff
from dashboard.events.services.rejections import count_rejections
from dashboard.events.services.storage import Sender, hashes_of, store, supersede

#: How far back a key may write: a browser queues for days, a backend may fill in years.
OLDEST_DAYS = {"pk": 30, "sk": 1830}
#: Items of all events of a request together. Storing one costs 10 µs here and as much in the database.
MAX_LINES = {"pk": 2_000, "sk": 20_000}
#: What a body with as many events and items holds, and some commas in texts.
MAX_VALUES = {"pk": 20_000, "sk": 100_000}


class _RawBatch(msgspec.Struct, forbid_unknown_fields=True):
    events: list[msgspec.Raw]


_batch_decoder = msgspec.json.Decoder(_RawBatch)
_event_decoder = msgspec.json.Decoder(Event)


def record_events(
    *,
    shop: Shop,
    raw: bytes | list[Any],
    key_kind: str = "sk",
    simulated: bool = False,
    received_at: datetime | None = None,
    any_age: bool = False,
    agent: str = "",
) -> Verdicts:
    """Store a batch; committed when this returns (unless the caller holds a transaction open).

    `raw`: the JSON body `{"events": [...]}`, or a list of dicts of the same form. An event that is refused gets its
    verdict and the rest is kept. The same id and payload again is a duplicate; the same id with another payload is
    refused as `conflict`; but what a publishable key sent gives way to the first event of its id with a secret key.
    `key_kind` "pk" marks purchases as of low trust. `any_age`: take old timestamps (imports).
    `agent`: the word by which the sender is known as a program (`bots.known_agent`); its visitors are marked.

    Raises `Invalid` where the body itself has another form, `TooLarge` for a body of more than 500 events or more items
    than `MAX_LINES`.
    """
    if isinstance(raw, bytes):
        check_values(raw, MAX_VALUES[key_kind])
    received_at = received_at or clock.now()
    span = Span(None if any_age else _oldest(key_kind, received_at), received_at)
    verdicts = Verdicts()
    low_trust = key_kind == "pk"
    lines = MAX_LINES[key_kind]
    batch = faultless_batch(raw, span, low_trust=low_trust, max_lines=lines) if isinstance(raw, bytes) else None
    if batch is None:
        batch = _judged(raw, span, verdicts, low_trust=low_trust, max_lines=lines)
    if batch.ids:
        if agent:
            mark_agents(shop_id=shop.pk, visitor_ids=batch.visitor_ids, agent=agent, received_at=received_at)
        _store(batch, Sender(shop.pk, received_at, simulated, low_trust), verdicts)
    verdicts.sort()
    count_verdicts(verdicts)
    count_rejections(shop_id=shop.pk, verdicts=verdicts)
    return verdicts


def _oldest(key_kind: str, now: datetime) -> datetime:
    """Before that nothing is taken: by the kind of key, and because the installation would drop it tonight."""
    oldest = now - timedelta(days=OLDEST_DAYS.get(key_kind, 30))
    return max(oldest, installation_cutoff(now) or oldest)


def _judged(
    raw: bytes | list[Any], span: Span, verdicts: Verdicts, *, low_trust: bool, max_lines: int = MAX_LINES["sk"]
) -> Batch:
    """Event by event: what passes is in the batch, what does not in the verdicts."""
    batch, hashes, lines = Batch(), dict[str, bytes](), 0
    for index, read in enumerate(_readers(raw)):
        try:
            sent = read()
            lines += len(sent.items or ())
            if lines > max_lines and isinstance(raw, bytes):
                raise _too_many_lines(max_lines)
            event = clean_event(sent, received_at=span.received_at, oldest_at=span.oldest_at)
        except Rejection as reason:
            verdicts.reject(index, reason)
            continue
        earlier = hashes.setdefault(event.event_id, event.payload_hash)
        if earlier is event.payload_hash:
            batch.add(index, event, low_trust=low_trust)
        else:
            _judge_repeat(index, event.payload_hash == earlier, verdicts)
    return batch


def _too_many_lines(most: int) -> TooLarge:
    message = f"The events of a request may name {most:,} items together; send them in parts."
    return TooLarge(message, fields={"events": f"more than {most:,} items"})


def _readers(raw: bytes | list[Any]) -> Iterable[Callable[[], Event]]:
    if isinstance(raw, list):
        return [partial(converted, entry, Event) for entry in raw]
    return [partial(part, entry, _event_decoder) for entry in parts(raw, _batch_decoder, "events")]


def _store(batch: Batch, sender: Sender, verdicts: Verdicts) -> None:
    new_ids = store(batch, sender)
    if len(new_ids) < len(batch.ids) and not sender.low_trust:
        new_ids |= supersede([row for row in batch.rows if row.partition("\t")[0] not in new_ids], sender)
    verdicts.accepted += len(new_ids)
    if len(new_ids) == len(batch.ids):
        return
    events = zip(batch.indexes, batch.ids, batch.digests, strict=True)
    known = [event for event in events if event[1] not in new_ids]
    stored = hashes_of(sender.shop_id, [event_id for _, event_id, _ in known])
    for index, event_id, digest in known:
        _judge_repeat(index, stored.get(event_id) == digest, verdicts)


def _judge_repeat(index: int, is_same: bool, verdicts: Verdicts) -> None:
    if is_same:
        verdicts.duplicates += 1
    else:
        verdicts.reject(index, Rejection("conflict", "Another event with this event_id was accepted before."))
