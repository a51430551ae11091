"""Signs of life of what works in the background, kept in Valkey; forgetting one does no harm."""

import time
from typing import cast

from dashboard.core import valkey

CLOCK = "clock"  # beat, the broker and a worker of the default queue, all at once
_KEPT_SECONDS = 7 * 86_400


def beat(name: str) -> None:
    """Say that `name` works now. Nothing happens while the broker is away."""
    valkey.ask(lambda client: client.set(_key(name), time.time(), ex=_KEPT_SECONDS), None)


def age_seconds(name: str) -> float | None:
    """Since its last beat; None where none is known."""
    beaten_at = cast(bytes | None, valkey.ask(lambda client: client.get(_key(name)), None))
    return None if beaten_at is None else max(0.0, time.time() - float(beaten_at))


def _key(name: str) -> str:
    return f"forage:heartbeat:{name}"
