"""The broker used for small counters, and the cache that stands in it."""

import os
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache

from dashboard.core import circuits, valkey
from dashboard.core.versioned import Versioned
from tests.journeys.relay import Relay
from tests.journeys.system import eventually

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def relay(settings, monkeypatch):
    """Stands between us and the broker: `.hang()`, `.up()`."""
    monkeypatch.setattr(circuits, "PROBE_SECONDS", 0.01)
    there = urlsplit(os.environ["REDIS_URL"])
    between = Relay(there.hostname, there.port or 6379)
    url = there._replace(netloc=there.netloc.replace(str(there.port), str(between.port))).geturl()
    settings.REDIS_URL = url
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
    yield between
    between.close()


def test_a_broker_that_is_away_costs_one_attempt_and_then_nothing(settings, caplog):
    settings.REDIS_URL = NOWHERE
    valkey._broker.cache_clear()
    assert [valkey.answers() for _ in range(3)] == [False] * 3
    assert sum("does not answer" in record.message for record in caplog.records) == 1


def test_a_thread_that_asked_an_address_that_is_away_leaves_nothing_to_the_next_address(settings):
    there, settings.REDIS_URL = settings.REDIS_URL, NOWHERE
    assert not valkey.answers()
    settings.REDIS_URL = there
    assert valkey.answers()


def test_a_broker_that_hangs_is_left_alone_until_it_answers(relay):
    assert valkey.answers()
    relay.hang()
    asked = []
    assert valkey.ask(lambda client: asked.append(1) or client.ping(), "away") == "away"
    assert valkey.ask(lambda client: asked.append(2), "away") == "away"
    assert valkey.attempt(lambda: asked.append(3), "away") == "away"
    assert asked == [1]
    relay.up()
    eventually(lambda: valkey.answers() or None)


@pytest.mark.django_db
def test_a_cache_that_hangs_lets_values_be_loaded(relay):
    values = Versioned("hanging")
    assert values.get(1, "a", lambda: "kept") == "kept"
    relay.hang()
    assert valkey.attempt(lambda: cache.get("x"), "away") == "away"
    values._tokens.clear()
    assert values.get(1, "a", lambda: "loaded") == "loaded"


@pytest.mark.django_db(transaction=True)
def test_a_change_made_while_the_cache_hung_is_seen_by_others_when_it_is_back(relay):
    here, elsewhere = Versioned("changed"), Versioned("changed")
    assert elsewhere.get(1, "a", lambda: "old") == "old"
    relay.hang()
    here.invalidate(1)
    relay.up()

    def seen():
        elsewhere._tokens.clear()  # as a second later
        return (elsewhere.get(1, "a", lambda: "new") == "new" and valkey.answers()) or None

    eventually(seen)
    assert elsewhere.get(1, "a", lambda: pytest.fail("loaded")) == "new"
