"""Every acknowledged event is stored once, whatever is killed: web, PostgreSQL, broker, worker and beat, at random."""

import random
from threading import Event

import httpx
import pytest

from tests.journeys.faults import KINDS, Ledger, Sender, kill_one, stored
from tests.journeys.system import eventually

pytestmark = pytest.mark.journey
SENDERS = 3


def ready(system):
    try:
        return httpx.get(f"{system.url}/readyz", timeout=10).is_success or None
    except httpx.TransportError:
        return None


def under_load(system, order, dice):
    """Kill one process of each kind in `order` while senders send; the ledger when all is well again."""
    key = system.create_shop(f"faults-{len(order)}")["secret_key"]
    ledger, stop = Ledger(), Event()
    senders = [Sender(system, key, ledger, stop, len(order) * 100 + number) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    for kind in order:
        stop.wait(dice.uniform(0.2, 1.5))  # load between two deaths
        kill_one(system, kind, dice)
    eventually(lambda: ready(system))
    stop.set()
    for sender in senders:
        sender.join(120)
        assert not sender.is_alive()
    return ledger


def prove(ledger, found):
    assert ledger.refused == []
    assert ledger.acknowledged
    mine = found.keys & ledger.lines.keys()
    lost = ledger.acknowledged - mine
    assert lost == set()
    wrong = {event_id: found.rows[event_id] for event_id in mine if found.rows[event_id] != ledger.lines[event_id]}
    assert wrong == {}
    assert sum(found.rows.values()) == len(found.lines)  # no line twice
    assert {event_id for event_id in found.rows if event_id in ledger.lines} <= mine
    for batch in ledger.abandoned:  # nobody knows whether they were stored, but never a part of them
        assert len(mine.intersection(batch)) in (0, len(batch))


def test_a_death_of_each_kind_loses_and_doubles_nothing(system):
    dice = random.Random(3)
    order = dice.sample(list(KINDS), len(KINDS))
    ledger = under_load(system, order, dice)
    assert ledger.failures  # the deaths were felt
    prove(ledger, stored(system))


@pytest.mark.slow
def test_fifty_deaths_at_random_lose_and_double_nothing(system):
    dice = random.Random(50)
    ledger = under_load(system, [dice.choice(list(KINDS)) for _ in range(50)], dice)
    prove(ledger, stored(system))
