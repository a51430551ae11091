"""The embedded database and broker, under our own supervisor (docs/adr/0001-embedded-servers.md)."""

from pathlib import Path

from dashboard.standalone.environment import Given
from dashboard.standalone.ports import remembered_port
from dashboard.standalone.servers.account import service_account
from dashboard.standalone.servers.binaries import Binaries, find_binaries
from dashboard.standalone.servers.postgres import Postgres
from dashboard.standalone.servers.valkey import Valkey
from dashboard.standalone.supervisor import Supervisor

POSTGRES_START_SECONDS = 120  # replaying the log after a crash takes its time; the wait ends as soon as it answers
VALKEY_START_SECONDS = 60


def start_servers(data: Path, supervisor: Supervisor, given: Given, *, throwaway: bool = False) -> dict[str, str]:
    """Start what the environment does not name, and return the addresses under the names that settings read."""
    urls: dict[str, str] = {}
    if given.database and given.redis:
        return urls
    binaries = find_binaries(service_account(data / "postgres" / "cluster"))
    if not given.redis:
        urls["REDIS_URL"] = _start_valkey(data, supervisor, binaries, throwaway=throwaway)
    if not given.database:
        urls["DATABASE_URL"] = _start_postgres(data, supervisor, binaries, throwaway=throwaway)
    if "REDIS_URL" in urls and not given.broker:
        urls["CELERY_BROKER_URL"] = urls["REDIS_URL"]
    return urls


def _start_valkey(data: Path, supervisor: Supervisor, binaries: Binaries, *, throwaway: bool) -> str:
    valkey = Valkey(data, binaries, remembered_port(data, "valkey"), throwaway=throwaway)
    valkey.prepare()
    child = supervisor.start(valkey.program())
    supervisor.wait_for(child, valkey.answers, VALKEY_START_SECONDS)
    return valkey.url


def _start_postgres(data: Path, supervisor: Supervisor, binaries: Binaries, *, throwaway: bool) -> str:
    postgres = Postgres(data, binaries, remembered_port(data, "postgres"), throwaway=throwaway)
    postgres.prepare()
    child = supervisor.start(postgres.program())
    supervisor.wait_for(child, postgres.answers, POSTGRES_START_SECONDS)
    return postgres.url
