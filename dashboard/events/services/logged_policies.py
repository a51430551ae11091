"""Knobs and rules of exposures, kept once for each policy hash: by the process that first serves with them."""

from collections.abc import Sequence

import orjson
from django.db import connection

from recommender.slate import Knobs, Rule

_MOST_KNOWN = 10_000  # policies of a process, 0.1 kB each; beyond that they are stored again, which does nothing
_INSERT = """
    INSERT INTO events_loggedpolicy (shop_id, policy_hash, knobs, rules) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_Key = tuple[int, str]
_known: set[_Key] = set()
_waiting: dict[_Key, tuple[str, str]] = {}


def mention_policy(shop_id: int, policy_hash: str, knobs: Knobs, rules: Sequence[Rule]) -> None:
    """Have a policy stored before the next exposures are; nothing where it is already."""
    key = shop_id, policy_hash
    if key not in _known and key not in _waiting:
        deeds = [rule.deed() for rule in rules]
        _waiting[key] = orjson.dumps(knobs.to_dict()).decode(), orjson.dumps(deeds).decode()


def keep_policies() -> None:
    """Store what was mentioned: in the transaction of the exposures, or before it."""
    if not _waiting:
        return
    waiting = dict(_waiting)
    with connection.cursor() as cursor:
        for (shop_id, policy_hash), terms in waiting.items():
            cursor.execute(_INSERT, [shop_id, policy_hash, *terms])
    if len(_known) + len(waiting) > _MOST_KNOWN:
        _known.clear()
    if not connection.in_atomic_block:  # what is rolled back must be said again
        _known.update(waiting)
    for key in waiting:
        _waiting.pop(key, None)
