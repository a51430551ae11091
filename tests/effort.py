"""What a call costs, in figures that are the same on every machine."""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Effort:
    """`calls` of functions, Python's and C's (a million take about half a second), and `peak_bytes` beyond rest."""

    calls: int
    peak_bytes: int


def effort_of(work: Callable[[], Any]) -> tuple[Effort, Any]:
    """What a call costs, and what it returns."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.collect()
    tracemalloc.start()
    sys.setprofile(count)
    try:
        found = work()
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return Effort(calls, peak), found
