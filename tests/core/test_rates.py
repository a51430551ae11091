"""Buckets of tokens in the broker."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.core import ids, rates, valkey


@pytest.fixture
def bucket():
    return f"test:{ids.secret_token()}"


def later(bucket, seconds):
    """As if so many seconds had passed: the moment at which the bucket is full again lies so much nearer."""
    key = rates._PREFIX + bucket
    valkey.ask(lambda client: client.set(key, int(client.get(key)) - int(seconds * 1_000_000)), None)


def taken(bucket, times, **size):
    return [rates.take(bucket, **size).tokens for _ in range(times)]


@pytest.mark.parametrize("most", [1, 3, 7, 11])
def test_a_full_bucket_gives_all_it_holds_and_no_more(bucket, most):
    assert taken(bucket, most + 2, most=most, seconds=3600) == [1] * most + [0, 0]


def test_who_is_refused_is_told_when_there_is_one_again(bucket):
    taken(bucket, 6, most=6, seconds=60)
    refused = rates.take(bucket, most=6, seconds=60)
    assert 9 < refused.wait_seconds <= 10
    later(bucket, refused.wait_seconds)
    assert taken(bucket, 2, most=6, seconds=60) == [1, 0]


def test_a_bucket_fills_evenly_and_never_beyond_its_size(bucket):
    taken(bucket, 60, most=60, seconds=3600)
    later(bucket, 120)
    assert taken(bucket, 3, most=60, seconds=3600) == [1, 1, 0]
    later(bucket, 7200)
    assert taken(bucket, 61, most=60, seconds=3600) == [1] * 60 + [0]


def test_as_many_are_granted_as_there_are(bucket):
    assert rates.take(bucket, most=10, seconds=60, want=8).tokens == 8
    assert rates.take(bucket, most=10, seconds=60, want=8).tokens == 2


def test_a_full_bucket_leaves_nothing_behind_in_the_broker(bucket):
    rates.take(bucket, most=60, seconds=60)
    assert 0 < valkey.ask(lambda client: client.pttl(rates._PREFIX + bucket), 0) <= 1000


def test_what_is_given_back_can_be_taken_again_and_no_more_than_that(bucket):
    size = {"most": 3, "seconds": 3600}
    taken(bucket, 3, **size)
    rates.give_back(bucket, **size)
    assert taken(bucket, 2, **size) == [1, 0]
    for _ in range(9):
        rates.give_back(bucket, **size)
    assert taken(bucket, 4, **size) == [1, 1, 1, 0]


def test_giving_back_what_was_never_taken_does_nothing(bucket):
    rates.give_back(bucket, most=2, seconds=3600)
    assert taken(bucket, 3, most=2, seconds=3600) == [1, 1, 0]


def test_many_at_once_get_together_what_the_bucket_holds(bucket):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: rates.take(bucket, most=50, seconds=3600, want=3).tokens, range(64)))
    assert sum(answers) == 50


def test_the_time_to_the_next_token_is_never_nothing(bucket):
    size = {"most": 1_000_000, "seconds": 60}
    rates.take(bucket, want=1_000_000, **size)
    answers = [rates.take(bucket, want=1, **size) for _ in range(20)]
    assert all(answer.tokens or answer.wait_seconds > 0 for answer in answers)


def test_without_the_broker_everything_is_granted(bucket, settings):
    rates.take(bucket, most=1, seconds=3600)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert rates.take(bucket, most=1, seconds=3600, want=5) == rates.Taken(5)
