"""The fast path: `POST /events` and `POST /recommendations` are answered in front of Django's own handler.

That handler, its signals, the middleware of pages and DRF's layers cost as much CPU as reading the visitor's past and
logging the slate. What answers here are the same key, permissions, limit and view within the layers that every request
needs; whatever a shop or its `forage.js` sends to these addresses comes this way, and what is wrong is said here too.
`ApiGate` leads here what comes through Django's handler (tests, `runserver`).
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, resolve
from django.utils import translation
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied, UnsupportedMediaType

from dashboard.api.authentication import KeyAuthentication
from dashboard.api.bodies import take_body
from dashboard.api.cors import Cors
from dashboard.api.errors import OUR_MISTAKE, failure, handle
from dashboard.api.hot_paths import HOT_PATHS
from dashboard.api.queries import ShopView, refuse_unknown
from dashboard.core.errors import Invalid
from dashboard.core.logs import route_of
from dashboard.core.middleware import ShopScope
from dashboard.core.observing import Observed
from dashboard.core.postgres.middleware import WatchedDatabase

logger = logging.getLogger(__name__)
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Answering = Callable[[Any], HttpResponse]
MEDIA_TYPES = ("application/json", "text/plain", "")
_AUTHENTICATION = KeyAuthentication()
_NO_QUERY: Mapping[str, str] = {}
# What the layers of pages would have said of an answer that no browser shows as one.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Language",
}


def _judged(get_response: Answering) -> Answering:
    """Layers within raise what only a handler would turn into an answer, such as a host name that is not ours."""

    def judged(request: Any) -> HttpResponse:
        try:
            return get_response(request)
        except Exception as problem:
            return _refused(request, problem)

    return judged


_LAYERS: tuple[Callable[[Any], Any], ...] = (Cors, WatchedDatabase, SecurityMiddleware, _judged, ShopScope, Observed)


class FastPath:
    """A WSGI application before `application`."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._answered: Answering = answer
        for layer in _LAYERS:
            self._answered = layer(self._answered)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] not in HOT_PATHS or environ["REQUEST_METHOD"] != "POST":
            return self._application(environ, start_response)
        try:
            response = self._answered(FastRequest(environ))
        finally:
            close_old_connections()  # as Django does after each request
        status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
        start_response(status, list(response.items()))
        return [response.content]


class FastRequest(HttpRequest):
    """A POST to a hot route, as far as layers, key and view read it: of HttpRequest and of DRF's Request."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.META = environ
        self.path = self.path_info = environ["PATH_INFO"]
        self.method = "POST"
        self.COOKIES: dict[str, str] = {}
        self.content_type = environ.get("CONTENT_TYPE") or ""
        self._stream, self._read_started = environ["wsgi.input"], False
        self.resolver_match = _match(self.path)  # also what is refused counts for its route

    def _get_scheme(self) -> str:
        scheme: str = self.META["wsgi.url_scheme"]
        return scheme


def answer(request: Any) -> HttpResponse:
    """The answer of the view, in the language that the client asks for; whatever is wrong is an answer, too.

    `request` is Django's; it gets what key and view read of DRF's request beside that.
    """
    request._request, request.auth = request, None
    translation.activate(translation.get_language_from_request(request))
    request.resolver_match, view = _view_of(request.path_info)
    try:
        response = _answered(request, view)
    except Exception as problem:
        response = _refused(request, problem)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Content-Length"] = str(len(response.content))
    return response


def _answered(request: Any, view: Any) -> HttpResponse:
    """Host and key first: of a stranger no body is read, unpacked or parsed."""
    request.get_host()
    query = request.META.get("QUERY_STRING")
    request.query_params = QueryDict(query, encoding="utf-8") if query else _NO_QUERY
    _, request.auth = _AUTHENTICATION.authenticate(request) or (None, None)
    for permission in view.get_permissions():
        if not permission.has_permission(request, view):
            view.permission_denied(request, getattr(permission, "message", None))
    view.check_throttles(request)
    if request.query_params:
        refuse_unknown(request, known=("key",))
    if request.content_type.partition(";")[0].strip().lower() not in MEDIA_TYPES:
        raise UnsupportedMediaType(request.content_type)
    take_body(request)
    response: HttpResponse = view.post(request)
    return response


def _refused(request: Any, problem: Exception) -> HttpResponse:
    """What DRF would have answered."""
    if isinstance(problem, SuspiciousOperation):  # a host name that is not ours, a thousand parameters
        problem = Invalid("This request cannot be answered here; look at its address.")
    if isinstance(problem, NotAuthenticated | AuthenticationFailed):
        problem.auth_header = _AUTHENTICATION.authenticate_header(request)
    told = handle(problem, {})
    if told is None:
        logger.error("The API failed at %s", route_of(request), exc_info=problem)
        return failure(500, "internal", OUR_MISTAKE)
    refusal = failure(told.status_code, **told.data["error"])
    for name, value in told.items():
        refusal.headers.setdefault(name, value)
    return refusal


@lru_cache(maxsize=len(HOT_PATHS))
def _match(path: str) -> ResolverMatch:
    return resolve(path)


@lru_cache(maxsize=len(HOT_PATHS))
def _view_of(path: str) -> tuple[ResolverMatch, "FastView"]:
    """What answers at a hot path; one view for all requests, which it keeps nothing of."""
    match = _match(path)
    return match, match.func.view_class()  # type: ignore[attr-defined]


class FastView(ShopView):
    """A view whose `post` answers at once with a finished response; it is called on the fast path alone."""

    def permission_denied(self, request: Any, message: str | None = None, code: str | None = None) -> Any:
        raise NotAuthenticated if request.auth is None else PermissionDenied(message, code)
