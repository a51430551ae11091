"""Sending a message to an address that a person gave: as guarded as fetching (core/fetching.py), and no redirects."""

import http.client
import time
from dataclasses import dataclass

from dashboard.core.fetching import Asking, Limits, checked_address

EXCERPT_BYTES = 500
USER_AGENT = "Forage webhooks"


@dataclass(frozen=True)
class Posted:
    """What was answered: the beginning of its text, and how long it took."""

    status: int
    excerpt: str
    seconds: float

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def post(url: str, body: bytes, headers: dict[str, str], *, limits: Limits) -> Posted:
    """Send JSON and read what is answered, up to `EXCERPT_BYTES`. Raises `Invalid`, in words without secrets, where the
    address may not be reached or does not answer in time."""
    began = time.monotonic()
    sent = {
        "User-Agent": USER_AGENT,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    with Asking(checked_address(url), sent, limits, began + limits.seconds, body) as answer:
        return Posted(answer.status, _excerpt(answer), time.monotonic() - began)


def _excerpt(answer: http.client.HTTPResponse) -> str:
    """What breaks off behind the status changes nothing of the status."""
    try:
        raw = answer.read(EXCERPT_BYTES)
    except (OSError, http.client.HTTPException):
        return ""
    return raw.decode("utf-8", "replace").replace("\x00", "")
