"""Whom the front saw. `bin/up` puts HAProxy before the processes that answer; they are reached through it alone."""

from collections.abc import Callable, Iterable
from typing import Any

_HEADER = "HTTP_X_FORAGE_PEER"
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BehindFront:
    """A WSGI application to which the peer is the front's, as if there were no front.

    The front sets the header on every request, whatever the client sent. So `TRUSTED_PROXY_COUNT` counts the
    operator's proxies alone, and /metrics knows who asks from this machine.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = environ.pop(_HEADER, "")
        return self._application(environ, start_response)
