"""Load over HTTP/1.1, cheap enough to run on the machine that it measures: bare sockets, requests made beforehand."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import psutil


@dataclass(frozen=True)
class Told:
    """What came of a load: `answers` are bodies, `latencies` seconds."""

    seconds: float
    answers: list[bytes]
    latencies: list[float]

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return sorted(self.latencies)[min(int(share * len(self.latencies)), len(self.latencies) - 1)] * 1000


def post_request(host: str, port: int, path: str, body: bytes, key: str) -> bytes:
    """The bytes of one request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send_all(host: str, port: int, requests: list[bytes], connections: int) -> Told:
    """Send every request once, over so many connections at a time; raises where an answer is no success."""
    waiting, lock = iter(requests), Lock()
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        parts = list(pool.map(lambda _: _send(host, port, _shared(waiting, lock)), range(connections)))
    seconds = time.perf_counter() - began
    return Told(seconds, [a for part in parts for a, _ in part], [s for part in parts for _, s in part])


def _shared(waiting: Iterator[bytes], lock: Lock) -> Iterator[bytes]:
    while True:
        with lock:
            request = next(waiting, None)
        if request is None:
            return
        yield request


def _send(host: str, port: int, requests: Iterable[bytes]) -> list[tuple[bytes, float]]:
    told = []
    with socket.create_connection((host, port), timeout=60) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            began = time.perf_counter()
            link.sendall(request)
            told.append((_answer(link), time.perf_counter() - began))
    return told


def _answer(link: socket.socket) -> bytes:
    data = link.recv(65536)
    while b"\r\n\r\n" not in data:
        data += link.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    if head[9:10] != b"2":
        raise SystemExit(f"not a success: {head[:200]!r} {body[:300]!r}")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += link.recv(65536)
    return body


def cpu_seconds(*names: str, of: psutil.Process | None = None) -> dict[str, float]:
    """CPU that the processes below `of` (this one) have used, by the word of `names` in their command line."""
    used = dict.fromkeys(names, 0.0)
    for process in (of or psutil.Process()).children(recursive=True):
        try:
            command, times = " ".join(process.cmdline()), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        name = next((name for name in names if name in command), None)
        if name is not None:
            used[name] += times.user + times.system
    own = psutil.Process().cpu_times()
    return {**used, "load": own.user + own.system}


def measured(work: Callable[[], Told], *names: str) -> tuple[Told, dict[str, float]]:
    """What came of the load, and the CPU seconds that each part used for it."""
    before = cpu_seconds(*names)
    told = work()
    after = cpu_seconds(*names)
    return told, {name: after[name] - before[name] for name in after}
