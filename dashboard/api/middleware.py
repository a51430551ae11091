"""What every request of the API passes before and after its view: size limits, gzip, CORS, one form of errors."""

import logging
import zlib
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from dashboard.accounts.selectors import is_origin_allowed
from dashboard.api import lean
from dashboard.api.errors import body
from dashboard.core.errors import ForageError, Invalid, TooLarge
from dashboard.core.logs import route_of

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]

API_PREFIX = "/api/"
MAX_BODY_BYTES = 1024 * 1024
RETRY_SECONDS = 5
_OUR_MISTAKE = "This is our mistake; it has been noted. Try again."
_PREFLIGHT_SECONDS = 24 * 3600


class _Endless(ForageError):
    """A body whose length is not announced: it would be read as an empty one."""

    code = "length_required"
    status = 411


class ApiGate:
    """Reads the body within its limit, unpacks gzip, and answers what no view answers in the form of the API."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX):
            return self.get_response(request)
        try:
            _refuse_null_characters(request)
            _take_body(request)
        except ForageError as problem:
            return failure(problem.status, problem.code, problem.message, problem.fields)
        return self._lean(request) if request.path_info in lean.LEAN_PATHS else self.get_response(request)

    def _lean(self, request: HttpRequest) -> HttpResponse:
        try:
            return lean.answered(request)
        except Exception as problem:
            return self.process_exception(request, problem) or failure(500, "internal", _OUR_MISTAKE)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not request.path.startswith(API_PREFIX):
            return None
        if isinstance(exception, OperationalError | InterfaceError):
            return failure(503, "unavailable", "The database does not answer; try again.")
        logger.error("The API failed at %s", route_of(request), exc_info=exception)
        return failure(500, "internal", _OUR_MISTAKE)


def failure(status: int, code: str, message: str, fields: dict[str, Any] | None = None) -> HttpResponse:
    response = JsonResponse(body(code, message, fields), status=status)
    if status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _refuse_null_characters(request: HttpRequest) -> None:
    if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise Invalid("The address contains a NUL character.")


def _take_body(request: HttpRequest) -> None:
    """Put the unpacked body where Django and DRF look for it."""
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        raise _Endless("Send the body with its Content-Length, not in chunks.", fields={"Content-Length": "missing"})
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Invalid("Content-Length is not a number.", fields={"Content-Length": "not a number"})
    if int(length) > MAX_BODY_BYTES:
        raise _too_large()
    if int(length) == 0:
        return
    data = request.read(int(length))
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding == "gzip":
        data = _unpacked(data)
    elif encoding not in ("", "identity"):
        raise Invalid(
            "Send the body plain or with Content-Encoding: gzip.", fields={"Content-Encoding": "gzip or none"}
        )
    request._body = data
    request.META["CONTENT_LENGTH"] = str(len(data))


def _unpacked(data: bytes) -> bytes:
    """gunzip that stops at the limit, however much is packed."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise Invalid("The body is not valid gzip.", fields={"body": "not gzip"}) from None
    if len(text) > MAX_BODY_BYTES:
        raise _too_large()
    if not unpacker.eof:
        raise Invalid("The gzip body is cut short.", fields={"body": "cut short"})
    return text


def _too_large() -> TooLarge:
    message = "A request may take 1 MiB, unpacked; send the batch in parts."
    return TooLarge(message, fields={"body": "more than 1 MiB"})


class Cors:
    """Lets browsers of other origins send events and ask for slates, with a publishable key.

    A preflight carries no key, so it lets through the origins that any live publishable key allows; the request itself
    is held to the origins of its own key by `KeyAuthentication`, which notes an origin that it let through.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.META.get("HTTP_ORIGIN")
        if not origin or request.path not in lean.LEAN_PATHS:
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
