"""The broker used for small counters."""

from dashboard.core import valkey

NOWHERE = "redis://127.0.0.1:1/0"


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
