"""A shop's API in one process: answers slates in a fixed order of its items, and remembers what it was sent."""

import json


class ShopServer:
    """A WSGI application. `refuse` are (status, Retry-After) of the first answers; `at_slate` {count: action}.

    The first `lost_answers` batches of events are stored, but answered with an error.
    """

    def __init__(self, wares, *, refuse=(), lost_answers=0, at_slate=None, at_refusal=lambda: None):
        self.items = [item.item_id for item in wares.items]
        self.refusals, self.lost_answers, self.at_refusal = list(refuse), lost_answers, at_refusal
        self.at_slate = at_slate or {}
        self.events, self.paths, self.simulated = [], set(), set()
        self.slates = 0

    def __call__(self, environ, start_response):
        body = json.loads(environ["wsgi.input"].read())
        self.paths.add(environ["PATH_INFO"])
        self.simulated.add(environ.get("HTTP_X_FORAGE_SIMULATED"))
        if self.refusals:
            return self._refuse(start_response)
        if environ["PATH_INFO"].endswith("/events"):
            return self._store(start_response, body["events"])
        return self._slate(start_response)

    def _store(self, start_response, events):
        self.events += events
        if self.lost_answers:
            self.lost_answers -= 1
            return self._answer(start_response, "502 Bad Gateway", {})
        return self._answer(start_response, "202 Accepted", {"accepted": len(events), "rejected": []})

    def _refuse(self, start_response):
        self.at_refusal()
        status, retry_after = self.refusals.pop(0)
        return self._answer(start_response, status, {}, [("Retry-After", retry_after)] if retry_after else [])

    def _slate(self, start_response):
        self.slates += 1
        self.at_slate.get(self.slates, lambda: None)()
        start = 7 * self.slates % len(self.items)
        shown = (self.items[start:] + self.items[:start])[:10]
        slate = {"recommendation_id": f"r{self.slates}", "items": [{"item_id": item_id} for item_id in shown]}
        return self._answer(start_response, "200 OK", slate)

    def _answer(self, start_response, status, body, headers=()):
        start_response(status, [("Content-Type", "application/json"), *headers])
        return [json.dumps(body).encode()]
