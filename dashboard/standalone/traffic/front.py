"""The shop's front door as a shop frontend uses it: the REST API over HTTP, with patience."""

import threading
import uuid
from typing import Any

import httpx

from dashboard.core.errors import ForageError
from dashboard.standalone.traffic.shopper import Ask, Shopper, Shown

SIMULATED_HEADER = {"X-Forage-Simulated": "1"}
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 30.0


class Stopped(Exception):
    """The simulator was told to stop while it waited."""


class GaveUp(ForageError):
    """The server did not answer for longer than the simulator was willing to wait, or refused the key."""


class ApiFront:
    """Asks for slates and sends events. Waits and tries again while the server is away; `stop` ends every wait.

    `patience_seconds` None waits for ever. `transport` reaches a server that listens on no port.
    """

    def __init__(
        self,
        url: str,
        key: str,
        stop: threading.Event,
        *,
        patience_seconds: float | None = 60,
        size: int | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}", **SIMULATED_HEADER}
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=15, transport=transport
        )
        self._stop, self._patience_seconds, self._size = stop, patience_seconds, size
        self.events_sent = self.events_refused = self.slates = 0

    def close(self) -> None:
        self._client.close()

    def slate(self, shopper: Shopper, ask: Ask, session_id: str) -> Shown | None:
        """None where this shop has no such placement or nothing to show: the shopper walks on."""
        body: dict[str, Any] = {
            "placement": ask.placement,
            "visitor_id": shopper.visitor_id,
            "session_id": session_id,
            "context_items": list(ask.context_items),
            "cart_items": list(ask.cart_items),
        }
        if self._size:
            body["n"] = self._size
        response = self._post("/recommendations", body)
        if response.status_code != 200:
            return None
        self.slates += 1
        answer = response.json()
        return Shown(answer["recommendation_id"], [item["item_id"] for item in answer["items"]])

    def send(self, events: list[dict[str, Any]]) -> None:
        if not events:
            return
        # the ids stay the same over retries, so that an answer lost on the way makes no second event
        named = [{"event_id": str(uuid.uuid4()), **event} for event in events]
        response = self._post("/events", {"events": named})
        verdicts = response.json() if response.status_code == 202 else {}
        self.events_sent += verdicts.get("accepted", 0)
        self.events_refused += len(verdicts.get("rejected", events if not verdicts else ()))

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        wait, waited = FIRST_WAIT_SECONDS, 0.0
        while True:
            problem, asked_to_wait = "", 0.0
            try:
                response = self._client.post(path, json=body)
            except httpx.TransportError as error:
                problem = str(error) or type(error).__name__
            else:
                if response.status_code in (401, 403):
                    raise GaveUp(f"The server refused the simulator’s key ({response.status_code}). Start it again.")
                if response.status_code != 429 and response.status_code < 500:
                    return response
                problem = f"it answered {response.status_code}"
                asked_to_wait = _seconds(response.headers.get("Retry-After"))
            pause = max(wait, asked_to_wait)
            if self._patience_seconds is not None and waited + pause > self._patience_seconds:
                raise GaveUp(f"No answer from {self._client.base_url} for {waited:.0f} s: {problem}. Is it running?")
            if self._stop.wait(pause):
                raise Stopped
            waited, wait = waited + pause, min(wait * 2, LONGEST_WAIT_SECONDS)


def _seconds(header: str | None) -> float:
    return min(float(header), LONGEST_WAIT_SECONDS) if header and header.isdigit() else 0.0
