"""Identifiers that Forage makes itself. Ids that come from a shop are strings and stay as they are."""

import os
import secrets
import time
import uuid

EXTERNAL_ID_MAX_LENGTH = 255


def time_ordered_uuid() -> uuid.UUID:
    """UUID version 7 (RFC 9562): sorts by time, so that index pages fill in order."""
    return uuid.UUID(int=_time_ordered())


def time_ordered_hex() -> str:
    """The same as 32 hex digits, in a third of the time."""
    return f"{_time_ordered():032x}"


def _time_ordered() -> int:
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    return (value & ~(0x3 << 62)) | (0x2 << 62)


def secret_token(bits: int = 256) -> str:
    return secrets.token_urlsafe(bits // 8)
