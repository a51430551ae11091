"""What a page view may raise: errors of the domain become pages in plain words, with the right status."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from dashboard.core import tenancy
from dashboard.core.errors import ForageError

API_PREFIX = "/api/"
RETRY_SECONDS = 5


class ShopScope:
    """Each request begins with nobody's rows (core/tenancy.py); an operator's in the admin site with everybody's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with tenancy.request_scope():
            response = self.get_response(request)
            is_file = isinstance(response, FileResponse)  # reads no rows, and the server may send it by itself
            if isinstance(response, StreamingHttpResponse) and not is_file and not response.is_async:
                response.streaming_content = tenancy.in_scope_of_now(response.streaming_content)
            return response

    def process_view(self, request: HttpRequest, *_: object) -> None:
        match = request.resolver_match
        if match is not None and "admin" in match.app_names and request.user.is_staff:
            tenancy.enter_operator()


class FriendlyErrors:
    """Answer a `ForageError` of a page view: a whole page, or an alert where htmx asked for a fragment.

    A database that is away is a 503 in plain words, which reads nothing of it.

    The API has its own form of errors (api/errors.py) and is left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if request.path.startswith(API_PREFIX):
            return None
        if isinstance(exception, OperationalError | InterfaceError):
            return _database_is_away()
        if not isinstance(exception, ForageError):
            return None
        fragment = bool(getattr(request, "htmx", False)) and not request.htmx.boosted  # type: ignore[attr-defined]
        template = "components/failed.html" if fragment else "error.html"
        context = {
            "message": exception.message,
            "fields": exception.fields,
            "status": exception.status,
            "back": _first_page_of_its_part(request),
        }
        response = render(request, template, context, status=exception.status)
        response["X-Forage-Error"] = exception.code
        return response


def _first_page_of_its_part(request: HttpRequest) -> str:
    """Where to go on after a refusal: the settings after one of the settings; empty where a part has no first page."""
    match, shop = request.resolver_match, getattr(request, "shop", None)
    if match is None or shop is None:
        return ""
    try:
        first = reverse(f"{match.namespace}:index", args=[shop.slug])
    except NoReverseMatch:
        return ""
    return "" if first == request.path else first


def _database_is_away() -> HttpResponse:
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
