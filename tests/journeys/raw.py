"""Clients that HTTP libraries do not let one be: slow, silent, ambiguous; to the address of a running system."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

PATIENCE_SECONDS = 60  # longer than any deadline of the front


def connected(url: str, receive_bytes: int = 0) -> socket.socket:
    """`receive_bytes`: the most that the system takes in for a reader that does not read."""
    at = urlsplit(url)
    link = socket.socket()
    if receive_bytes:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    link.settimeout(PATIENCE_SECONDS)
    link.connect((at.hostname, at.port))
    return link


@contextmanager
def held_open(url: str, text: str, count: int, receive_bytes: int = 0) -> Iterator[list[socket.socket]]:
    """So many connections that sent this much and then say nothing and read nothing."""
    with ExitStack() as stack:
        links = [stack.enter_context(connected(url, receive_bytes)) for _ in range(count)]
        for link in links:
            link.sendall(text.encode())
        yield links


def said(link: socket.socket) -> str:
    """All that is answered until the other side closes."""
    data = b""
    while part := link.recv(65536):
        data += part
    return data.decode()


def head(method: str, path: str, *lines: str) -> str:
    """A request's head, ended where the last line is empty."""
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *lines))
