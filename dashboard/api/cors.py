"""Lets browsers of other origins send events and ask for slates."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from dashboard.accounts.selectors import is_origin_allowed
from dashboard.api.errors import failure
from dashboard.api.hot_paths import HOT_PATHS

_PREFLIGHT_SECONDS = 24 * 3600


class Cors:
    """With a publishable key.

    A preflight carries no key, so it lets through the origins that any live publishable key allows; the request itself
    is held to the origins of its own key by `KeyAuthentication`, which notes an origin that it let through.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.META.get("HTTP_ORIGIN")
        if not origin or request.path not in HOT_PATHS:
            return self.get_response(request)
        if request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META:
            return _preflight(origin)
        response = self.get_response(request)
        if getattr(request, "allowed_origin", None) != origin:
            return response
        response["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
        response["Access-Control-Allow-Origin"] = origin
        response["Vary"] = "Origin"
        return response


def _preflight(origin: str) -> HttpResponse:
    """What a browser asks before it sends a key; an origin that no key allows learns nothing."""
    try:
        is_allowed = is_origin_allowed(origin)
    except (OperationalError, InterfaceError):
        return failure(503, "unavailable", "The database does not answer; try again.")
    response = HttpResponse(status=204, headers={"Vary": "Origin"})
    if is_allowed:
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = "authorization, content-type, content-encoding, x-request-id"
        response["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
    return response
