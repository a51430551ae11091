"""How much a page may be sent before it is read: by a stranger little, by who has signed in what forms need."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from dashboard.core.errors import Invalid
from dashboard.core.middleware import API_PREFIX

LONGEST_COOKIES = 16 * 1024
LONGEST_QUERY = 16 * 1024  # who is sent to the sign-in takes it along, quoted character by character
FORM_BYTES = 16 * 1024  # of a stranger's form, such as a sign-in: a MiB of `%41` took 80 MB and 140 ms to read
MULTIPART_BYTES = 8 * 1024  # read field by field, at 200 µs each
# Any other that Python knows would be used, such as punycode, whose time grows with the square of the length.
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1"})
LONGEST_PARAMETERS = 512  # of a Content-Type: the boundary of a form takes 70
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']*)", re.IGNORECASE)
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def with_known_content_type(application: Application) -> Application:
    """The WSGI application, which never sees another charset, nor parameters without end: Django reads both before any
    middleware, 30 µs a parameter."""

    def answered(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind, _, parameters = environ.get("CONTENT_TYPE", "").partition(";")
        charset = _CHARSET.search(parameters[:LONGEST_PARAMETERS])
        if len(parameters) > LONGEST_PARAMETERS or (charset and charset[1].lower() not in _CHARSETS):
            environ["CONTENT_TYPE"] = kind.strip()
        return application(environ, start_response)

    return answered


class PageLimits:
    """Answers what is too large for a page with 400, 413 and 414. Stands before whatever reads cookies and forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX):
            try:
                check_headers(request)
            except Invalid:
                return _refused(400)
            if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
                return _refused(414)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        if request.method != "POST" or request.path.startswith(API_PREFIX):
            return None
        most = MULTIPART_BYTES if request.content_type == "multipart/form-data" else FORM_BYTES
        return _refused(413) if _length(request) > most and _is_stranger(request) else None


def check_headers(request: HttpRequest) -> None:
    """Raise `Invalid` for more cookies than browsers keep."""
    if len(request.META.get("HTTP_COOKIE", "")) > LONGEST_COOKIES:
        raise Invalid("These are more cookies than a browser sends.", fields={"Cookie": "too long"})


def _length(request: HttpRequest) -> int:
    """In bytes, as announced; what is no length is as long as can be."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 2**63


def _is_stranger(request: HttpRequest) -> bool:
    try:
        return not request.user.is_authenticated
    except (OperationalError, InterfaceError):  # the view says it
        return False


def _refused(status: int) -> HttpResponse:
    return HttpResponse(render_to_string("400.html"), status=status)
