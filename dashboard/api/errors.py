"""One form for every error: {"error": {"code", "message", "fields"?}}."""

from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from dashboard.core.errors import ForageError, Invalid, Unavailable

NAMED = 20  # mistakes of one request that are named; the others are counted
LONGEST_NAME = 100
LONGEST_MESSAGE = 500

OUR_MISTAKE = "This is our mistake; it has been noted. Try again."
RETRY_SECONDS = 5


def failure(status: int, code: str, message: str, fields: dict[str, Any] | None = None) -> HttpResponse:
    """A refusal of what no view of DRF answers."""
    response = JsonResponse(body(code, message, fields), status=status)
    if status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def body(code: str, message: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message[:LONGEST_MESSAGE]}
    if fields:
        counted = named_and_counted(fields)
        error["fields"] = {name[:LONGEST_NAME]: said[:LONGEST_MESSAGE] for name, said in counted.items()}
    return {"error": error}


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: domain errors and DRF's own in our form; anything else is a 500 without details."""
    if isinstance(exception, OperationalError | InterfaceError):
        exception = Unavailable("The database does not answer; try again.")
    if isinstance(exception, SuspiciousOperation):  # more parameters or fields than Django reads
        exception = Invalid("The request has too many fields.", fields={"body": "too many fields"})
    if isinstance(exception, ForageError):
        response = Response(body(exception.code, exception.message, exception.fields), status=exception.status)
        if exception.status in (429, 503):
            response["Retry-After"] = str(RETRY_SECONDS)
        return response
    if isinstance(exception, Http404):
        exception = exceptions.NotFound("There is no such object in this shop.")
    if isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    response = exception_handler(exception, context)
    if response is None:
        return None
    if isinstance(exception, exceptions.ValidationError):
        response.data = body("invalid", "Some fields need another value.", _flat(exception.detail))
    elif isinstance(exception, exceptions.APIException):
        codes, message = exception.get_codes(), str(exception.detail)
        response.data = body(codes if isinstance(codes, str) else "error", message, _named(exception, message))
    return response


def named_and_counted(fields: dict[str, str]) -> dict[str, str]:
    """The first of many complaints, and under "body" how many more there are."""
    if len(fields) <= NAMED + 1:  # one more is named in place of being counted
        return fields
    kept = dict(islice(fields.items(), NAMED))
    more = f"and {len(fields) - NAMED:,} more"
    return {**kept, "body": f"{kept['body']} {more}" if "body" in kept else more}


def _named(exception: exceptions.APIException, message: str) -> dict[str, str] | None:
    """What is wrong, by name, of requests that no serializer reads."""
    if isinstance(exception, exceptions.UnsupportedMediaType):
        return {"Content-Type": "Send application/json."}
    return {"body": message} if isinstance(exception, exceptions.ParseError) else None


def _flat(detail: Any, prefix: str = "") -> dict[str, str]:
    """Nested DRF details as {"items.0.price": "message"}; what concerns no field is the body's."""
    if isinstance(detail, dict):
        named = {"body" if key == "non_field_errors" else str(key): value for key, value in detail.items()}
        pairs = [(f"{prefix}.{key}" if prefix else key, value) for key, value in named.items()]
    elif isinstance(detail, list) and any(isinstance(entry, dict) for entry in detail):
        pairs = [(f"{prefix}.{index}" if prefix else str(index), value) for index, value in enumerate(detail) if value]
    else:
        return {prefix or "body": " ".join(str(entry) for entry in detail) if isinstance(detail, list) else str(detail)}
    flat: dict[str, str] = {}
    for key, value in pairs:
        flat |= _flat(value, key)
    return flat
