"""Notices a database that hangs, and frees the requests that wait for it.

A stopped server (SIGSTOP, a frozen disk, a network that drops) keeps its connections open and never answers; libpq
waits for ever, and timeouts of statements are the server's own. So a thread of each web process looks at requests that
wait: when one has for PATIENCE_SECONDS, it asks the server for a sign of life. A server that gives one is only slow,
and the request goes on. Of one that gives none, the connections in use are cut: libpq reports a lost connection, the
answer is 503, and until the server gives a sign again nothing more is asked of it.
"""

import os
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

PATIENCE_SECONDS = 0.6
SIGN_OF_LIFE_SECONDS = 0.4
LOOK_SECONDS = 0.2
#: PostgreSQL's SSLRequest: answered with one byte by a living server, before any sign-in.
_SSL_REQUEST = struct.pack("!II", 8, 80877103)


class DatabaseWatch:
    """One a process. `server_hangs`: no sign of life at the last look."""

    def __init__(self) -> None:
        self.server_hangs = False
        self._waiting: dict[int, tuple[float, Any]] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """A request begins in this thread."""
        self._waiting[threading.get_ident()] = (time.monotonic(), connections[DEFAULT_DB_ALIAS])
        if self._thread is None:
            self._start()

    def end(self) -> None:
        self._waiting.pop(threading.get_ident(), None)

    def is_watching(self) -> bool:
        """Whether this thread is answering a request."""
        return threading.get_ident() in self._waiting

    def suspect(self, settings: dict[str, Any]) -> None:
        """Connecting failed: find out whether the server is there, so that the next request need not wait to know."""
        self.server_hangs = not shows_life(settings)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="database-watch", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        settings = connections[DEFAULT_DB_ALIAS].settings_dict
        while True:
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            waits = any(now - began > PATIENCE_SECONDS for began, _ in list(self._waiting.values()))
            if waits or self.server_hangs:
                self.server_hangs = not shows_life(settings)
                if self.server_hangs:
                    self._cut()

    def _cut(self) -> None:
        for _, wrapper in list(self._waiting.values()):
            with suppress(Exception):  # it ended or closed meanwhile; then there is nothing to cut
                _cut_socket(wrapper.connection.fileno())


def _cut_socket(descriptor: int) -> None:
    """End the connection for whoever waits at it, in any thread; the descriptor itself stays its owner's."""
    with socket.socket(fileno=os.dup(descriptor)) as found:
        found.shutdown(socket.SHUT_RDWR)


def shows_life(settings: dict[str, Any]) -> bool:
    """Whether a PostgreSQL answers at the place of Django's `settings` for a database. True where that is unknown."""
    host, port = settings["HOST"], int(settings["PORT"] or 5432)
    if not host:
        return True  # libpq's own default, which is not ours to guess
    try:
        with _connected(host, port) as found:
            found.sendall(_SSL_REQUEST)
            return bool(found.recv(1))
    except OSError:
        return False


def _connected(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        found = socket.create_connection((host, port), timeout=SIGN_OF_LIFE_SECONDS)
        found.settimeout(SIGN_OF_LIFE_SECONDS)
        return found
    found = socket.socket(socket.AF_UNIX)
    found.settimeout(SIGN_OF_LIFE_SECONDS)
    found.connect(f"{host}/.s.PGSQL.{port}")
    return found


watch = DatabaseWatch()
