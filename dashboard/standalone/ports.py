"""Ports on loopback: chosen once, remembered, chosen anew only when something else took them."""

import errno
import json
import random
import socket
from pathlib import Path

from dashboard.standalone.errors import StartError

PORTS_FILE = "ports.json"
# Below the ranges from which systems pick the local port of outgoing connections (Linux 32768, macOS 49152).
LOWEST, HIGHEST = 15_000, 29_999
LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return not _answers(port)


def _answers(port: int) -> bool:
    """Catches a listener on all addresses where the system lets a second one bind to loopback (macOS)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((LOOPBACK, port)) == 0


def require_free(port: int, host: str = LOOPBACK) -> None:
    """Refuse to start on a port that another program holds, or that this user may not open."""
    try:
        free = is_free(port, host)
    except (OSError, OverflowError) as error:
        raise StartError(f"cannot listen on {host}:{port}: {error}; choose another with --port") from error
    if not free:
        raise StartError(f"port {port} is in use by another program; choose another with --port")


def remembered_port(folder: Path, name: str) -> int:
    """The port of the server `name` of this data folder: the one it had before, if that is still free."""
    ports = _read(folder)
    port = ports.get(name)
    if port is None or not is_free(port):
        port = _free_port(set(ports.values()))
        _write(folder, {**ports, name: port})
    return port


def _free_port(taken: set[int]) -> int:
    generator = random.SystemRandom()
    for _ in range(200):
        port = generator.randint(LOWEST, HIGHEST)
        if port not in taken and is_free(port):
            return port
    raise StartError(f"found no free port between {LOWEST} and {HIGHEST}")


def _read(folder: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads((folder / PORTS_FILE).read_text()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}


def _write(folder: Path, ports: dict[str, int]) -> None:
    (folder / PORTS_FILE).write_text(json.dumps(ports, indent=1) + "\n")
