"""Who sees which variant: pure functions of salt and visitor, the same on every machine and in every year.

Three questions have three salts, so that their answers are independent: is the visitor in the experiment's slice of
its exclusion group, is the visitor in its traffic, and which variant does the visitor get.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

CONTROL = "A"  # the key of the variant that the others are tested against
_MANTISSA_BITS = 53


def bucket(salt: str, visitor_id: str) -> float:
    """A number in [0, 1), uniform over visitors: the first 53 bits of SHA-256(salt + visitor).

    53 bits are what a float holds exactly, so that no bucket is ever rounded up to 1.
    """
    digest = hashlib.sha256(f"{salt}:{visitor_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> (64 - _MANTISSA_BITS)) / 2.0**_MANTISSA_BITS


def pick_variant(salt: str, visitor_id: str, weights: Mapping[str, float]) -> str:
    """The variant whose share of [0, 1) holds the visitor's bucket; shares follow the weights in the order of keys."""
    keys = sorted(weights)
    point = bucket(f"{salt}/variant", visitor_id) * sum(weights.values())
    edge = 0.0
    for key in keys:
        edge += weights[key]
        if point < edge:
            return key
    return keys[-1]


@dataclass(frozen=True)
class Traffic:
    """Which visitors an experiment takes: its slice of the exclusion group, and its share of that slice."""

    share: float = 1.0
    group: str = ""
    group_start: float = 0.0
    group_end: float = 1.0

    def takes(self, salt: str, visitor_id: str) -> bool:
        if self.group and not self.group_start <= bucket(f"{self.group}/group", visitor_id) < self.group_end:
            return False
        return bucket(f"{salt}/traffic", visitor_id) < self.share
