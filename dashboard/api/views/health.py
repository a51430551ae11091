"""/healthz: the process lives. /readyz: it can serve. /metrics: counts for Prometheus, of no shop in particular."""

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare

from dashboard.api.exposition import exposition
from dashboard.core import valkey
from dashboard.serving.selectors import models_are_loaded

_LOOPBACK = ("127.0.0.1", "::1", "")  # "": a Unix socket
_PROXY_HEADERS = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")


def alive(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """503 while the database is away, and until this process has loaded the models that are published.

    Without the broker Forage still takes events and makes slates: that is ready.
    """
    if not database_answers():
        return _not_ready(database="does not answer")
    if not models_are_loaded():
        return _not_ready(models="are being loaded")
    return JsonResponse({"status": "ok", "broker": "ok" if valkey.answers() else "does not answer"})


def _not_ready(**why: str) -> HttpResponse:
    response = JsonResponse({"status": "unavailable", **why}, status=503)
    response["Retry-After"] = "5"
    return response


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for whoever shows METRICS_TOKEN; without one, for this machine itself."""
    if not _may_read_metrics(request):
        how = "Show METRICS_TOKEN as a bearer token, or ask from this machine where none is set.\n"
        return HttpResponse(how, status=403, content_type="text/plain; charset=utf-8")
    text = exposition(database_is_up=database_answers(), broker_is_up=valkey.answers())
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    forwarded = any(name in request.headers for name in _PROXY_HEADERS)  # a proxy here speaks for somebody elsewhere
    return not forwarded and request.META.get("REMOTE_ADDR", "") in _LOOPBACK


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True
