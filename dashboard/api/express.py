"""The express way of the two hot routes: a plain request is answered in front of Django's own handler.

That handler, its signals and DRF's layers cost as much CPU as reading the visitor's past and logging the slate. What
answers here is the same: the same middleware around the same key, permission, limit and view. Whatever is not plain or
is refused goes on to Django as if nothing had been here, which says what is wrong: so there is one place for errors.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Any

from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

from dashboard.api.authentication import KeyAuthentication
from dashboard.api.lean import LEAN_PATHS, dressed, spoken, view_of
from dashboard.api.middleware import MAX_BODY_BYTES, Cors
from dashboard.api.throttling import LET_THROUGH
from dashboard.core.middleware import ShopScope
from dashboard.core.observing import Observed
from dashboard.core.postgres.middleware import WatchedDatabase

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_UNUSUAL_HEADERS = ("HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_COOKIE")
_LAYERS: tuple[Callable[[Any], Any], ...] = (Cors, WatchedDatabase, SecurityMiddleware, ShopScope, Observed)
_MEDIA_TYPE = "application/json"


class PlainRequest(HttpRequest):
    """A POST to a hot route, as far as middleware, key and view read it: of HttpRequest and of DRF's Request."""

    def __init__(self, environ: dict[str, Any], body: bytes) -> None:
        self.META = environ
        self.path = self.path_info = environ["PATH_INFO"]
        self.method = "POST"
        self.COOKIES: dict[str, str] = {}
        self.query_params: dict[str, str] = {}
        self._body = body
        self._request = self
        self.auth: Any = None

    def _get_scheme(self) -> str:
        scheme: str = self.META["wsgi.url_scheme"]
        return scheme


class ExpressWay:
    """A WSGI application before `application`."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._answered: Callable[[Any], Any] = _answered
        for layer in _LAYERS:
            self._answered = layer(self._answered)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not _is_plain(environ):
            return self._application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        try:
            response = self._answered(PlainRequest(environ, body))
        except Exception:  # whatever it is: it comes again on the way that answers it
            environ["wsgi.input"] = BytesIO(body)
            return self._application(environ, start_response)
        finally:
            close_old_connections()  # as Django does after each request
        status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
        start_response(status, list(response.items()))
        return [response.content]


def _is_plain(environ: dict[str, Any]) -> bool:
    """Whether it is one of the hot requests without anything that only some of them have."""
    if environ["PATH_INFO"] not in LEAN_PATHS or environ["REQUEST_METHOD"] != "POST" or environ.get("QUERY_STRING"):
        return False
    if environ.get("CONTENT_TYPE") != _MEDIA_TYPE or any(name in environ for name in _UNUSUAL_HEADERS):
        return False
    length = environ.get("CONTENT_LENGTH") or ""
    return length.isascii() and length.isdigit() and 0 < int(length) <= MAX_BODY_BYTES


def _answered(request: PlainRequest) -> HttpResponse:
    """Raises whatever stands against it."""
    request.resolver_match, view = view_of(request.path)
    spoken(request)
    _, request.auth = KeyAuthentication().authenticate(request) or (None, None)
    if not all(permission.has_permission(request, view) for permission in view.get_permissions()):
        raise PermissionError
    view.check_throttles(request)
    request.META[LET_THROUGH] = True
    return dressed(view.post(request))
