"""How often something may happen, counted in the broker for all processes together.

A bucket holds `most` tokens and fills evenly in `seconds`: who rested may use a whole bucket at once, who does not gets
one token after the other. One round trip, one atomic script, the broker's own clock. While the broker is down
everything is granted: a guard must not stop what it guards.

The bucket is kept as the one moment at which it is full again (GCRA, the generic cell rate algorithm), in microseconds.
"""

from dataclasses import dataclass
from functools import cache

import redis
from redis.commands.core import Script

from dashboard.core import valkey

_PREFIX = "forage:rate:"
# The epsilon lets a full bucket hold all its tokens where a token's time is no whole number (7 a minute).
_TAKE = """
local time = redis.call('TIME')
local now, token, span = time[1] * 1000000 + time[2], tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local left = math.floor((now + span - full_at) / token + 0.000001)
if left < 1 then return -math.ceil(full_at + token - span - now) end
local taken = math.min(left, tonumber(ARGV[3]))
full_at = full_at + taken * token
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
return taken
"""
_GIVE_BACK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full_at = tonumber(redis.call('GET', KEYS[1]) or 0) - tonumber(ARGV[1])
if full_at <= now then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
return 1
"""


@dataclass(frozen=True)
class Taken:
    """How many tokens were granted; where none was, after how many seconds there will be one."""

    tokens: int
    wait_seconds: float = 0.0


def take(name: str, *, most: int, seconds: float, want: int = 1) -> Taken:
    """Take up to `want` tokens of the bucket `name`. All who use a bucket name the same `most` and `seconds`."""
    span = round(seconds * 1_000_000)
    answer = valkey.ask(
        lambda client: int(_script(client, _TAKE)(keys=[_PREFIX + name], args=[span / most, span, want])), want
    )
    return Taken(answer) if answer > 0 else Taken(0, max(-answer, 1) / 1_000_000)


def give_back(name: str, *, most: int, seconds: float) -> None:
    """Return a token that was taken before it was known that what the bucket guards against did not happen."""
    token = round(seconds * 1_000_000) / most
    valkey.ask(lambda client: bool(_script(client, _GIVE_BACK)(keys=[_PREFIX + name], args=[token])), False)


@cache
def _script(client: redis.Redis, source: str) -> Script:
    return client.register_script(source)
