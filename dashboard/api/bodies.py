"""The body of a request of the API: within its limit, with its length announced, unpacked."""

import zlib

from django.http import HttpRequest

from dashboard.core.errors import ForageError, Invalid, TooLarge

MAX_BODY_BYTES = 1024 * 1024


class _Endless(ForageError):
    """A body whose length is not announced: it would be read as an empty one."""

    code = "length_required"
    status = 411


def take_body(request: HttpRequest) -> None:
    """Put the unpacked body where Django and DRF look for it."""
    length = _announced_bytes(request)
    if length == 0:
        return
    data = request.read(length)
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding == "gzip":
        data = _unpacked(data)
    elif encoding not in ("", "identity"):
        raise Invalid(
            "Send the body plain or with Content-Encoding: gzip.", fields={"Content-Encoding": "gzip or none"}
        )
    request._body = data
    request.META["CONTENT_LENGTH"] = str(len(data))


def _announced_bytes(request: HttpRequest) -> int:
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        raise _Endless("Send the body with its Content-Length, not in chunks.", fields={"Content-Length": "missing"})
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Invalid("Content-Length is not a number.", fields={"Content-Length": "not a number"})
    if int(length) > MAX_BODY_BYTES:
        raise _too_large()
    return int(length)


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
