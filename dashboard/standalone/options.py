"""The options of `bin/up`, parsed before anything is installed, so that a typing error costs no minutes."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from dashboard.standalone.discovery import data_folder

DEFAULT_PORT = 8000
HIGHEST_PORT = 65_535


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Attributes: port, host, data (absolute), empty, traffic."""
    parser = argparse.ArgumentParser(
        prog="bin/up", description="Start Forage with all it needs on this machine. Ctrl-C stops it; data stays."
    )
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="of the web server (default: %(default)s)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; others than loopback need ALLOWED_HOSTS too"
    )
    parser.add_argument("--data", type=Path, default=None, help="folder that holds all state (default: var/)")
    parser.add_argument("--empty", action="store_true", help="load no sample shop")
    parser.add_argument("--no-traffic", dest="traffic", action="store_false", help="no simulated shoppers")
    options = parser.parse_args(arguments)
    options.data = (options.data or data_folder()).resolve()
    return options


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {HIGHEST_PORT}, not “{text}”")
    return int(text)
