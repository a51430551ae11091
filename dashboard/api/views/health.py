"""/healthz: the process lives. /readyz: it can serve. /metrics: counts for Prometheus, of no shop in particular."""

import time

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from dashboard.core import valkey
from dashboard.events.selectors import event_totals

_STARTED_AT = time.time()


def alive(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """503 while the database is away. Without the broker Forage still takes events and makes slates: that is ready."""
    if not _database_answers():
        response = JsonResponse({"status": "unavailable", "database": "does not answer"}, status=503)
        response["Retry-After"] = "5"
        return response
    return JsonResponse({"status": "ok", "broker": "ok" if valkey.answers() else "does not answer"})


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format."""
    lines = [
        *_gauge("forage_database_up", "Whether the database answers.", int(_database_answers())),
        *_gauge("forage_broker_up", "Whether the broker answers.", int(valkey.answers())),
        *_gauge("forage_process_start_time_seconds", "When this web process began.", round(_STARTED_AT, 3)),
        *_gauge("forage_requests_per_minute_limit", "Requests a key may make.", settings.API_REQUESTS_PER_MINUTE),
        "# HELP forage_events_total Events by verdict, over all shops.",
        "# TYPE forage_events_total counter",
        *[f'forage_events_total{{verdict="{verdict}"}} {count}' for verdict, count in sorted(event_totals().items())],
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _gauge(name: str, meaning: str, value: float) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {value}"]


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True
