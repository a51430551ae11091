"""What was refused, counted per hour in the broker: good enough for a health page, nothing depends on it."""

import json

import redis

from dashboard.core import clock, valkey
from dashboard.core.verdicts import Verdicts

KEPT_HOURS = 48
KEPT_EXAMPLES = 20


def counter_key(shop_id: int, hour: int) -> str:
    """`hour`: hours since 1970."""
    return f"forage:rejected:{shop_id}:{hour}"


def examples_key(shop_id: int) -> str:
    return f"forage:rejected:{shop_id}:examples"


def count_rejections(*, shop_id: int, verdicts: Verdicts) -> None:
    """Add a batch's rejections to the shop's counters and keep the last few as examples."""
    if not verdicts.rejected:
        return
    now = clock.now()
    key = counter_key(shop_id, int(now.timestamp()) // 3600)

    def write(client: redis.Redis) -> None:
        pipe = client.pipeline(transaction=False)
        for rejection in verdicts.rejected:
            pipe.hincrby(key, rejection["code"], 1)
        pipe.expire(key, KEPT_HOURS * 3600)
        for rejection in verdicts.rejected[-KEPT_EXAMPLES:]:
            example = {"at": now.isoformat(), "code": rejection["code"], "message": rejection["message"]}
            pipe.lpush(examples_key(shop_id), json.dumps(example))
        pipe.ltrim(examples_key(shop_id), 0, KEPT_EXAMPLES - 1)
        pipe.expire(examples_key(shop_id), KEPT_HOURS * 3600)
        pipe.execute()

    valkey.ask(write, None)
