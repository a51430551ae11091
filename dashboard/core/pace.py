"""Repeated work that stands back by what it costs: what a schedule does every minute must not fill the machine once a
shop's day has grown."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache

from dashboard.core import valkey

#: Nine parts of rest for one of work: a tenth of a core, whatever there is to sum.
REST = 9
#: Shorter rests end before the next turn of any schedule.
SHORTEST_SECONDS = 30
LONGEST_SECONDS = 3600

Thing = TypeVar("Thing", bound=Any)
Answer = TypeVar("Answer")


def at_its_pace(
    name: str, work: Callable[[Thing], Answer], *, clock: Callable[[], float] = time.monotonic
) -> Callable[[Thing], Answer | None]:
    """`work(thing)`, left out with None while it rests from the last time, for each thing (a row) by itself.

    It rests nine times as long as it took, up to an hour, and as long where it failed. While Valkey is away it never
    rests.
    """

    def paced(thing: Thing) -> Answer | None:
        key = f"pace:{name}:{thing.pk}"
        if valkey.attempt(lambda: cache.get(key), None):
            return None
        began = clock()
        try:
            return work(thing)
        finally:
            rest = min(REST * (clock() - began), LONGEST_SECONDS)
            if rest > SHORTEST_SECONDS:
                valkey.attempt(lambda: cache.set(key, True, rest), None)

    return paced
