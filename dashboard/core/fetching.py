"""Fetching a file from an address that a person gave, without becoming that person's way into our network.

Every address is resolved here, all that it resolves to must be public, and the connection goes to the very address that
was checked, so that a name which changes its mind (DNS rebinding) gains nothing. Redirects are followed by hand and
checked alike. Size and time are bounded; neither passwords nor queries of addresses are ever logged.
"""

import http.client
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import punctuation
from threading import Timer
from typing import IO
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from django.utils.translation import gettext as _

from dashboard.core import errors
from dashboard.core.public_addresses import is_public

MAX_REDIRECTS = 5
PATIENCE_SECONDS = 20.0  # for a connection, and for each piece of the answer
BLOCK_BYTES = 256 * 1024
USER_AGENT = "Forage feed reader"
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Fetched:
    """What came: `is_new` False says that it is as it was (304). `etag` and `last_modified` are for the next time."""

    is_new: bool
    is_gzip: bool = False
    etag: str = ""
    last_modified: str = ""
    size_bytes: int = 0


@dataclass(frozen=True)
class Limits:
    """What a fetch may take, and whether it may reach private hosts (an installation's own choice)."""

    size_bytes: int
    seconds: float
    allow_private: bool = False


def shown_address(url: str) -> str:
    """An address for pages and logs: without user, password and query, which may be secrets."""
    parts = urlsplit(url)
    host = f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""
    return f"{parts.scheme}://{host}{parts.path}"


def checked_address(url: str) -> SplitResult:
    """The parts of an address that could be fetched. Raises `Invalid`: not the web, no host, unreadable."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise errors.Invalid(_("This is no web address.")) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise errors.Invalid(_("The address must begin with https:// or http:// and name a host."))
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url.strip()):
        raise errors.Invalid(_("The address must not hold spaces."))
    return _in_ascii(parts)


def _in_ascii(parts: SplitResult) -> SplitResult:
    """As it travels: letters beyond ASCII are percent-encoded, a host's become Punycode."""
    user, at, _rest = parts.netloc.rpartition("@")
    try:
        host = (parts.hostname or "").encode("idna").decode() if not parts.netloc.isascii() else ""
    except UnicodeError:
        raise errors.Invalid(_("This is no web address.")) from None
    port = f":{parts.port}" if parts.port else ""
    netloc = f"{quote(user, safe=punctuation)}{at}{host}{port}" if host else parts.netloc
    path, query = (quote(text, safe=punctuation) for text in (parts.path, parts.query))
    return parts._replace(netloc=netloc, path=path, query=query)


def fetch(
    url: str,
    target: Path,
    *,
    limits: Limits,
    etag: str = "",
    last_modified: str = "",
    beat: Callable[[], None] = lambda: None,
) -> Fetched:
    """Write what the address holds to `target`; `beat` is called with every piece of it.

    Raises `Invalid` or `TooLarge` in words without secrets.
    """
    deadline = time.monotonic() + limits.seconds
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "close"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    parts = checked_address(url)
    for _redirect in range(MAX_REDIRECTS + 1):
        with Asking(parts, headers, limits, deadline) as answer:
            if answer.status not in REDIRECTS:
                return _kept(parts, answer, target, limits, deadline, beat)
            parts = _next_address(parts, answer.headers.get("Location", ""))
    raise errors.Invalid(f"{_shown(parts)} redirects more than {MAX_REDIRECTS} times.")


def public_addresses(host: str, port: int, *, allow_private: bool = False) -> list[str]:
    """What a host resolves to. Raises `Invalid` where it does not, or where one of its addresses is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise errors.Invalid(_("The host %(host)s is not known.") % {"host": host}) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private and not all(is_public(address) for address in addresses):
        raise errors.Invalid(
            _("The host %(host)s is not on the public internet; such addresses are not fetched.") % {"host": host}
        )
    return addresses


class Asking:
    """One request to one checked address; the connection is cut at the deadline, whatever the other side does.

    `body` None: it is fetched, else posted. Raises `Invalid` in words without secrets.
    """

    def __init__(
        self, parts: SplitResult, headers: dict[str, str], limits: Limits, deadline: float, body: bytes | None = None
    ) -> None:
        self._parts, self._headers, self._limits, self._deadline = parts, dict(headers), limits, deadline
        self._body = body
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        self._connection: http.client.HTTPConnection | None = None
        self._timer: Timer | None = None

    def __enter__(self) -> http.client.HTTPResponse:
        try:
            return self._ask()
        except (OSError, http.client.HTTPException) as problem:
            self.__exit__()
            raise _broken(self._parts, problem, self._deadline) from None
        except BaseException:
            self.__exit__()
            raise

    def _ask(self) -> http.client.HTTPResponse:
        parts, host = self._parts, self._parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = public_addresses(host, port, allow_private=self._limits.allow_private)
        link = _connected(addresses, port, self._deadline)
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        if tls is not None:
            link = tls.wrap_socket(link, server_hostname=host, do_handshake_on_connect=False)
        self._connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_SECONDS)
        self._connection.sock = link
        self._timer = Timer(max(self._deadline - time.monotonic(), 0.0), _cut, [link])
        self._timer.daemon = True
        self._timer.start()
        if isinstance(link, ssl.SSLSocket):
            link.do_handshake()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        method = "GET" if self._body is None else "POST"
        self._connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": parts.netloc.rpartition("@")[2], **self._headers}.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(self._body)
        return self._connection.getresponse()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._connection is not None:
            self._connection.close()


def _connected(addresses: list[str], port: int, deadline: float) -> socket.socket:
    """To the first of the checked addresses that answers; no name is looked up again."""
    problem: OSError = TimeoutError()
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=min(PATIENCE_SECONDS, left))
        except OSError as found:
            problem = found
    raise problem


def _cut(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)  # wakes whoever reads


def _next_address(parts: SplitResult, location: str) -> SplitResult:
    """Where a redirect leads. A password goes to no other host."""
    if not location:
        raise errors.Invalid(f"{_shown(parts)} redirects to nowhere.")
    location = location.encode("latin-1", "replace").decode("utf-8", "replace")  # headers are read as Latin-1
    following = checked_address(urljoin(parts.geturl(), location))
    if parts.scheme == "https" and following.scheme == "http":
        raise errors.Invalid(f"{_shown(parts)} redirects from https to http; that is not followed.")
    is_same = (following.hostname, following.port, following.scheme) == (parts.hostname, parts.port, parts.scheme)
    if is_same and parts.username is not None and following.username is None:
        user, _, _ = parts.netloc.rpartition("@")
        following = following._replace(netloc=f"{user}@{following.netloc}")
    return following


def _kept(
    parts: SplitResult,
    answer: http.client.HTTPResponse,
    target: Path,
    limits: Limits,
    deadline: float,
    beat: Callable[[], None],
) -> Fetched:
    if answer.status == 304:
        return Fetched(is_new=False)
    if answer.status != 200:
        raise errors.Invalid(f"{_shown(parts)} answered with {answer.status}, not with a file.")
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise errors.Invalid(f"{_shown(parts)} sends an encoding that was not asked for: {encoding[:50]}.")
    try:
        with target.open("wb") as copy:
            size = _copied(parts, answer, _Beating(copy, beat), limits, deadline)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise _broken(parts, problem, deadline) from None
    with target.open("rb") as copy:
        is_gzip = copy.read(2) == b"\x1f\x8b"
    return Fetched(
        is_new=True,
        is_gzip=is_gzip,
        etag=answer.headers.get("ETag", "")[:200],
        last_modified=answer.headers.get("Last-Modified", "")[:200],
        size_bytes=size,
    )


@dataclass(frozen=True)
class _Beating:
    """A file that tells somebody of every write."""

    file: IO[bytes]
    beat: Callable[[], None]

    def write(self, block: bytes) -> None:
        self.file.write(block)
        self.beat()


def _copied(
    parts: SplitResult, answer: http.client.HTTPResponse, copy: _Beating, limits: Limits, deadline: float
) -> int:
    expected, size = answer.length, 0
    while block := answer.read1(BLOCK_BYTES):
        size += len(block)
        if size > limits.size_bytes:
            raise errors.TooLarge(f"{_shown(parts)} is larger than {limits.size_bytes // 2**20} MiB.")
        copy.write(block)
    if (expected is not None and size < expected) or time.monotonic() > deadline:
        raise http.client.IncompleteRead(b"")
    return size


def _broken(parts: SplitResult, problem: Exception, deadline: float) -> errors.Invalid:
    if time.monotonic() > deadline:
        return errors.Invalid(f"{_shown(parts)} did not send everything in time.")
    if isinstance(problem, ssl.SSLError):
        return errors.Invalid(f"{_shown(parts)} has no certificate that can be trusted.")
    if isinstance(problem, http.client.IncompleteRead):
        return errors.Invalid(f"{_shown(parts)} stopped in the middle.")
    if isinstance(problem, TimeoutError):
        return errors.Invalid(f"{_shown(parts)} does not answer.")
    return errors.Invalid(f"{_shown(parts)} cannot be reached, or does not speak HTTP.")


def _shown(parts: SplitResult) -> str:
    return shown_address(parts.geturl())
