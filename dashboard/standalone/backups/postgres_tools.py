"""pg_dump, pg_restore and psql on the database of this installation."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import psycopg2
from django.db import connection

from dashboard.core import errors
from dashboard.core.connections import SETTING
from dashboard.core.tenancy import EVERY_SHOP
from dashboard.standalone.errors import StartError
from dashboard.standalone.servers.binaries import find_binaries

APPLICATION = "forage-backup"  # how the sessions of backup and restore call themselves
CUT_OFF_EVERY_SECONDS = 0.2
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
#: What libpq calls the parameters of a connection in the environment.
_VARIABLES = {
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "host": "PGHOST",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
_CUT_OFF = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name <> %s
"""


def dump(path: Path, snapshot: str) -> None:
    """Write all of the database as `snapshot` shows it, in pg_dump's own format, compressed."""
    options = ["--format=custom", "--enable-row-security", f"--snapshot={snapshot}", "--no-password"]
    _run([tool("pg_dump"), *options, f"--file={path}"])


def load(dumped: Path, *, before: str, after: str) -> None:
    """Put a dump into the database by one transaction, between the statements `before` and `after`.

    Raises `Conflict` with the server's words where any of it fails; the database is then as it was.
    """
    reader = [tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dumped)]
    writer = [tool("psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as read_said:
        with (
            subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=read_said) as source,
            subprocess.Popen(writer, stdin=subprocess.PIPE, stderr=said, env=client_environment()) as target,
        ):
            is_whole = _passed_on(source, target, f"BEGIN;\n{before}\n", f"\n{after}\nCOMMIT;\n")
        if target.returncode or not is_whole:
            raise errors.Conflict(f"The database takes no restore: {_words(said) or _words(read_said)}")


def _passed_on(source: "subprocess.Popen[bytes]", target: "subprocess.Popen[bytes]", begin: str, end: str) -> bool:
    """Whether `target` got everything. Without the end, which commits, its session is rolled back."""
    taken = cast(IO[bytes], target.stdin)
    try:
        taken.write(begin.encode())
        shutil.copyfileobj(cast(IO[bytes], source.stdout), taken)
        if source.wait() != 0:
            return False
        taken.write(end.encode())
        taken.close()
    except BrokenPipeError:  # it has stopped, and says why
        source.kill()
        return False
    return True


@contextmanager
def others_cut_off() -> Iterator[None]:
    """Inside, other sessions of Forage's role on this database are ended as soon as they come."""
    is_over = threading.Event()
    keeper = threading.Thread(target=_cut_off_until, args=(is_over,), name="keeps-others-out", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        is_over.set()
        keeper.join()


def _cut_off_until(is_over: threading.Event) -> None:
    session = own_session()
    session.autocommit = True
    try:
        with session.cursor() as cursor:
            while not is_over.is_set():
                cursor.execute(_CUT_OFF, [APPLICATION])
                is_over.wait(CUT_OFF_EVERY_SECONDS)
    finally:
        session.close()


def own_session() -> "psycopg2.extensions.connection":
    """A session beside Django's that sees the rows of every shop."""
    known: dict[str, Any] = connection.get_connection_params()
    kept = {name: known[name] for name in _VARIABLES if name in known}
    return psycopg2.connect(**kept, application_name=APPLICATION, options=_scope())


def client_environment() -> dict[str, str]:
    """Of programs that connect to the database of this installation, by libpq."""
    known: dict[str, Any] = connection.get_connection_params()
    named = {variable: str(known[name]) for name, variable in _VARIABLES.items() if known.get(name)}
    return {**os.environ, **named, "PGAPPNAME": APPLICATION, "PGOPTIONS": _scope()}


def require_tools() -> None:
    """Raises `Conflict` where a program that a restore needs is missing; asked while the database may be asked."""
    for name in ("pg_restore", "psql"):
        tool(name)


def tool(name: str) -> str:
    """The path of a client program that is not older than the server. Raises `Conflict` where there is none."""
    needed = connection.pg_version // 10_000  # type: ignore[attr-defined]
    for path in _candidates(name):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        if (found := _VERSION.search(said)) and int(found[1]) >= needed:
            return path
    raise errors.Conflict(
        f"{name} of PostgreSQL {needed} or newer is needed here; install PostgreSQL's client programs."
    )


def _candidates(name: str) -> Iterator[str]:
    try:
        if (embedded := find_binaries(None).initdb.with_name(name)).exists():
            yield str(embedded)
    except StartError:  # a host without the embedded servers
        pass
    if (installed := shutil.which(name)) is not None:
        yield installed


def _scope() -> str:
    return f"-c {SETTING}={EVERY_SHOP}"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, env=client_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise errors.Unavailable(f"{Path(command[0]).name}: {done.stderr.strip()[-500:]}")


def _words(said: IO[bytes]) -> str:
    """What a program said first: what follows are only consequences."""
    said.seek(0)
    lines = said.read(2_000).decode(errors="replace").strip().splitlines()
    return " ".join(lines[:2])
