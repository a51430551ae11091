"""Ingest: a batch of events, each with its verdict, stored exactly once."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.core.batches import part, parts
from dashboard.core.structs import converted
from dashboard.core.verdicts import Rejection, Verdicts
from dashboard.events.payload import CleanEvent, Event, clean_event
from dashboard.events.services.bots import mark_agents
from dashboard.events.services.counters import count_verdicts
from dashboard.events.services.rejections import count_rejections
from dashboard.events.services.storage import claim_ids, hashes_of, store_lines

#: How far back a key may write: a browser queues for days, a backend may fill in years.
OLDEST_DAYS = {"pk": 30, "sk": 1830}


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
    refused as `conflict`. `key_kind` "pk" marks purchases as of low trust. `any_age`: take old timestamps (imports).
    `agent`: the word by which the sender is known as a program (`bots.known_agent`); its visitors are marked.

    Raises `Invalid` where the body itself has another form, `TooLarge` for more than 500 events of a body.
    """
    received_at = received_at or clock.now()
    oldest_at = None if any_age else received_at - timedelta(days=OLDEST_DAYS.get(key_kind, 30))
    verdicts = Verdicts()
    clean: dict[int, CleanEvent] = {}
    for index, read in enumerate(_readers(raw)):
        try:
            clean[index] = clean_event(read(), received_at=received_at, oldest_at=oldest_at)
        except Rejection as reason:
            verdicts.reject(index, reason)
    if clean:
        _store(shop.pk, clean, verdicts, received_at, low_trust=key_kind == "pk", simulated=simulated)
        if agent:
            mark_agents(shop_id=shop.pk, visitor_ids=(event.visitor_id for event in clean.values()), agent=agent)
    verdicts.sort()
    count_verdicts(verdicts)
    count_rejections(shop_id=shop.pk, verdicts=verdicts)
    return verdicts


def _readers(raw: bytes | list[Any]) -> Iterable[Callable[[], Event]]:
    if isinstance(raw, list):
        return [partial(converted, entry, Event) for entry in raw]
    return [partial(part, entry, _event_decoder) for entry in parts(raw, _batch_decoder, "events")]


def _store(
    shop_id: int,
    clean: dict[int, CleanEvent],
    verdicts: Verdicts,
    received_at: datetime,
    *,
    low_trust: bool,
    simulated: bool,
) -> None:
    first = _first_of_each_id(clean, verdicts)
    with transaction.atomic():
        new_ids = claim_ids(shop_id, first.values())
        store_lines(
            shop_id,
            [event for event in first.values() if event.event_id in new_ids],
            received_at,
            low_trust=low_trust,
            simulated=simulated,
        )
        known = {index: event for index, event in first.items() if event.event_id not in new_ids}
        stored = hashes_of(shop_id, [event.event_id for event in known.values()]) if known else {}
    verdicts.accepted += len(new_ids)
    for index, event in known.items():
        _judge_repeat(index, event, stored.get(event.event_id, b""), verdicts)


def _first_of_each_id(clean: dict[int, CleanEvent], verdicts: Verdicts) -> dict[int, CleanEvent]:
    """What of the batch goes to the database; an id that comes twice is judged here already."""
    first: dict[int, CleanEvent] = {}
    hashes: dict[str, bytes] = {}
    for index, event in clean.items():
        earlier = hashes.setdefault(event.event_id, event.payload_hash)
        if earlier is event.payload_hash:
            first[index] = event
        else:
            _judge_repeat(index, event, earlier, verdicts)
    return first


def _judge_repeat(index: int, event: CleanEvent, earlier_hash: bytes, verdicts: Verdicts) -> None:
    if event.payload_hash == earlier_hash:
        verdicts.duplicates += 1
    else:
        verdicts.reject(index, Rejection("conflict", "Another event with this event_id was accepted before."))
