"""Work that a schedule repeats takes a tenth of a core at most."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.core.cache import cache

from dashboard.core.pace import LONGEST_SECONDS, at_its_pace


@dataclass(frozen=True)
class Shop:
    pk: int


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    yield
    cache.delete_many([f"pace:sums:{number}" for number in (1, 2)])


def sums(seconds: float, log: list[int], fails: bool = False):
    """Work that takes so long by its clock, written down in `log`."""
    now = 0.0

    def clock() -> float:
        return now

    def work(shop: Shop) -> str:
        nonlocal now
        now += seconds
        log.append(shop.pk)
        if fails:
            raise ValueError("nothing to sum")
        return "summed"

    return at_its_pace("sums", work, clock=clock)


def test_short_work_is_done_at_every_turn():
    work = sums(2, log := [])
    assert [work(Shop(1)), work(Shop(1))] == ["summed", "summed"]
    assert log == [1, 1]


def test_long_work_is_left_out_while_it_rests():
    work = sums(20, log := [])
    assert [work(Shop(1)), work(Shop(1))] == ["summed", None]
    assert log == [1]


def test_it_rests_nine_times_as_long_as_it_took():
    sums(20, [])(Shop(1))
    assert 170 < cache._cache.get_client().ttl(cache.make_key("pace:sums:1")) <= 180


def test_it_rests_an_hour_at_most():
    sums(4000, [])(Shop(1))
    assert cache._cache.get_client().ttl(cache.make_key("pace:sums:1")) <= LONGEST_SECONDS


def test_one_shop_rests_and_another_works():
    work = sums(20, log := [])
    work(Shop(1))
    assert work(Shop(2)) == "summed"
    assert log == [1, 2]


def test_work_that_fails_rests_as_well():
    work = sums(20, log := [], fails=True)
    with pytest.raises(ValueError):
        work(Shop(1))
    assert work(Shop(1)) is None
    assert log == [1]
