"""The embedded Postgres: a cluster in `<data>/postgres/`, SCRAM passwords, loopback only, never root.

When root starts it, the server works as a service user that may not enter the parents of the data folder (think of
/root, mode 0700). So it is started *in* its folder, which it knows as /proc/self/cwd (Linux): nothing is opened up.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2
from psycopg2 import sql

from dashboard.standalone.children import Account, Program, launched
from dashboard.standalone.credentials import secret
from dashboard.standalone.errors import StartError
from dashboard.standalone.leftovers import servers_of
from dashboard.standalone.ports import LOOPBACK
from dashboard.standalone.servers.account import hand_over, named_account, service_account
from dashboard.standalone.servers.binaries import Binaries

MAJOR_VERSION = "18"
SUPERUSER = "postgres"
APP_ROLE = APP_DATABASE = "forage"
OWN_FOLDER = "/proc/self/cwd"
# Measured idle with these: 60 MiB (PSS) of postmaster and background processes.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
# PostgreSQL's own order and case rules, the same on every system: comparing texts calls no C library.
BY_CODE_POINT = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One cluster. `throwaway` is for tests: no waiting for the disk, and the app's role may create databases."""

    def __init__(self, data: Path, binaries: Binaries, port: int, *, throwaway: bool = False) -> None:
        self.data = data
        self.folder = data / "postgres"
        self.cluster = self.folder / "cluster"
        self.binaries = binaries
        self.port = port
        self.throwaway = throwaway

    @property
    def url(self) -> str:
        password = secret(self.data, "postgres_app")
        return f"postgres://{APP_ROLE}:{password}@{LOOPBACK}:{self.port}/{APP_DATABASE}"

    def prepare(self) -> None:
        """Make the cluster if there is none. A cut-off attempt is thrown away: it never held data."""
        if self.cluster.exists():
            self._require_version()
            return
        fresh = self.folder / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        account = service_account(self.cluster)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        fresh.mkdir(mode=0o700)
        maker = named_account() if account else None
        self._initdb(fresh, maker)
        if account:
            hand_over(self.folder, account)
        fresh.rename(self.cluster)

    def program(self) -> Program:
        account = service_account(self.cluster)
        settings = SETTINGS | {"port": str(self.port)} | (THROWAWAY_SETTINGS if self.throwaway else {})
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=(str(self.binaries.postgres), "-D", _name_of(self.cluster, account), *options),
            folder=self.cluster,
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            stop_signal=signal.SIGINT,  # "fast": disconnect clients, write everything, end
            account=account,
            is_server=True,
            before_start=self.clear_stale_files,
            is_stuck=is_stuck,
        )

    def clear_stale_files(self) -> None:
        """Forget a killed postmaster. Only when no process works in the cluster: then its number means nothing."""
        remaining = servers_of(self.cluster)
        for process in remaining:  # backends that have not yet noticed that their postmaster died
            process.kill()
        for process in remaining:
            process.wait(timeout=10)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def answers(self) -> bool:
        """Whether it takes connections; then the app's role and database are there too."""
        try:
            connection = self._connect()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                place = self.data / "secrets" / "postgres_superuser"
                raise StartError(f"{place} does not open the database beside it; bring back the right one") from error
            return False
        try:
            self._ensure_app_role(connection)
        finally:
            connection.close()
        return True

    def _connect(self) -> "psycopg2.extensions.connection":
        connection = psycopg2.connect(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=secret(self.data, "postgres_superuser"),
            dbname="postgres",
            connect_timeout=5,
        )
        connection.autocommit = True
        return connection

    def _ensure_app_role(self, connection: "psycopg2.extensions.connection") -> None:
        """No superuser, no bypass of row security; owner of its database and of nothing else."""
        rights = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION "
        rights += "CREATEDB" if self.throwaway else "NOCREATEDB"
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            statement = sql.SQL(f"{verb} ROLE {{role}} {rights} PASSWORD {{password}}").format(
                role=sql.Identifier(APP_ROLE), password=sql.Literal(secret(self.data, "postgres_app"))
            )
            cursor.execute(statement)
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [APP_DATABASE])
            if not cursor.fetchone():
                names = {"name": sql.Identifier(APP_DATABASE), "role": sql.Identifier(APP_ROLE)}
                cursor.execute(sql.SQL("CREATE DATABASE {name} OWNER {role}").format(**names))
                cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))

    def _initdb(self, cluster: Path, account: Account | None) -> None:
        password_file = self.folder / "initial-password"
        password_file.write_text(secret(self.data, "postgres_superuser") + "\n", encoding="utf-8")
        password_file.chmod(0o600)
        if account:
            hand_over(self.folder, account)
        try:
            self._run_initdb(cluster, account)
        finally:
            password_file.unlink()

    def _run_initdb(self, cluster: Path, account: Account | None) -> None:
        options = ["--username", SUPERUSER, "--auth=scram-sha-256", "--pwfile=../initial-password"]
        options += ["--encoding=UTF8", "--locale=C", *BY_CODE_POINT]
        options += ["--no-sync"] if self.throwaway else []
        result = subprocess.run(
            [*launched(signal.SIGKILL, account), str(self.binaries.initdb), "-D", _name_of(cluster, account), *options],
            cwd=cluster,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            capture_output=True,
            text=True,
        )
        if result.returncode != 0:
            lines = result.stderr.strip().splitlines() or ["no reason given"]
            reason = next((line for line in lines if "error" in line.lower() or "FATAL" in line), lines[-1])
            raise StartError(f"the database could not be made: {reason}")

    def _require_version(self) -> None:
        version = (self.cluster / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise StartError(
                f"{self.cluster} is of Postgres {version}, this is {MAJOR_VERSION}: see docs/operations.md, Upgrades"
            )


def _name_of(cluster: Path, account: Account | None) -> str:
    """How the server calls its folder."""
    return OWN_FOLDER if account and sys.platform == "linux" else str(cluster)


def is_stuck(postmaster: int) -> bool:
    """Whether a running postmaster neither recovers (a startup process) nor serves (a WAL writer).

    PostgreSQL 18.6 stays so for ever, “in recovery mode”, when a background process is killed while it starts after a
    crash: found by killing its processes at random under load.
    """
    try:
        titles = [" ".join(child.cmdline()) for child in psutil.Process(postmaster).children()]
    except psutil.Error:
        return False
    return not any(title.startswith(("postgres: startup", "postgres: walwriter")) for title in titles)
