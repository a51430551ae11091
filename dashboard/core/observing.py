"""The outermost middleware: the request's id, its line in the log, its place in the metrics."""

import logging
import re
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from dashboard.core import ids, logs, metrics, slow_requests

logger = logging.getLogger("forage.requests")

SLOW_SECONDS = 1.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{8,64}")
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")


class Observed:
    """Takes a well-formed X-Request-ID or makes one, and returns it with the answer.

    Monitors' own requests and static files are not counted. What was answered well and fast is counted, and logged at
    DEBUG only: a line for each of a thousand requests a second would cost more than it tells.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # request.headers reads them all, 30 µs
        known = given if given and _WELL_FORMED.fullmatch(given) else ids.time_ordered_hex()
        token, began = logs.request_id.set(known), time.perf_counter()
        try:
            response = self.get_response(request)
            if not request.path.startswith(_QUIET):
                _note(request, response.status_code, time.perf_counter() - began)
        finally:
            logs.request_id.reset(token)
        response["X-Request-ID"] = known
        return response


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    method = request.method if request.method in _METHODS else "OTHER"
    route = logs.route_of(request)
    metrics.observe_request(method=method or "OTHER", route=route, status=status, seconds=seconds)
    if seconds >= SLOW_SECONDS:
        slow_requests.note(method=method or "OTHER", route=route, status=status, seconds=seconds)
    level = _level(status, seconds)
    if logger.isEnabledFor(level):
        details = {"method": method, "route": route, "status": status, "duration_ms": round(seconds * 1000, 1)}
        logger.log(level, "%s %s %s", status, method, route, extra=details)


def _level(status: int, seconds: float) -> int:
    if status >= 500:
        return logging.ERROR
    return logging.INFO if status >= 400 or seconds >= SLOW_SECONDS else logging.DEBUG
