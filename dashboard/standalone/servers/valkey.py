"""The embedded Valkey: broker and cache, with a password, on loopback, every write in an append-only file."""

import os
from pathlib import Path

import redis

from dashboard.standalone.children import Program
from dashboard.standalone.credentials import secret
from dashboard.standalone.ports import LOOPBACK
from dashboard.standalone.servers.account import hand_over, service_account
from dashboard.standalone.servers.binaries import Binaries

CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
protected-mode yes
daemonize no
dir .
save ""
appendonly {append_only}
appendfsync everysec
aof-load-truncated yes
maxmemory-policy noeviction
"""


class Valkey:
    """One server with its files in `<data>/valkey/`. `throwaway`: keeps nothing."""

    def __init__(self, data: Path, binaries: Binaries, port: int, *, throwaway: bool = False) -> None:
        self.data = data
        self.folder = data / "valkey"
        self.binaries = binaries
        self.port = port
        self.throwaway = throwaway

    @property
    def url(self) -> str:
        return f"redis://:{secret(self.data, 'valkey')}@{LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        account = service_account(self.folder)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if account:
            hand_over(self.folder, account)

    def program(self) -> Program:
        """The configuration goes in by standard input: no password in a command line, no path below closed folders."""
        configuration = CONFIGURATION.format(
            host=LOOPBACK,
            port=self.port,
            password=secret(self.data, "valkey"),
            append_only="no" if self.throwaway else "yes",
        )
        return Program(
            name="valkey",
            command=(str(self.binaries.valkey), "-"),
            folder=self.folder,
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            account=service_account(self.folder),
            stdin=configuration,
            is_server=True,
        )

    def answers(self) -> bool:
        """Whether it takes commands; while it reads its file back it says that it is loading."""
        try:
            return bool(redis.Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=5).ping())
        except redis.RedisError:
            return False
