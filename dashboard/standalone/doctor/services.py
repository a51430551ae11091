"""The database and the broker."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from dashboard.core import clock, jobs
from dashboard.standalone.discovery import is_embedded
from dashboard.standalone.doctor.finding import Finding, ok, problem, warning

MIN_POSTGRES = 140_000  # Django 5.2; 18 is what the tests run on
MAX_CLOCK_DIFFERENCE_SECONDS = 5
BROKER_SECONDS = 2


def database_findings() -> Iterator[Finding]:
    try:
        version, is_superuser, bypasses, now = _asked()
    except OperationalError as error:
        yield problem(f"does not answer: {str(error).strip().splitlines()[0]}", _remedy("DATABASE_URL"))
        return
    name = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < MIN_POSTGRES:
        yield problem(f"{name} is too old", "Use PostgreSQL 14 or newer.")
        return
    yield ok(f"{name} answers")
    if is_superuser:
        yield warning(
            "the role of DATABASE_URL is a superuser: a mistake in a query could do anything",
            "Give Forage a role of its own that owns its database: CREATE ROLE … LOGIN; ALTER DATABASE … OWNER TO ….",
        )
    if is_superuser or bypasses:
        yield problem(
            "the role of DATABASE_URL bypasses row security: one forgotten condition would show another shop's rows",
            "As a superuser, run: ALTER ROLE … NOSUPERUSER NOBYPASSRLS.",
        )
    if not keeps_session(connection):
        yield problem(
            "a pooler mixes sessions: the row policies could show one shop the rows of another",
            "Let the pooler keep sessions apart (PgBouncer: pool_mode = session), or connect to PostgreSQL itself.",
        )
    if (apart := abs((clock.now() - now).total_seconds())) > MAX_CLOCK_DIFFERENCE_SECONDS:
        yield problem(
            f"its clock and this machine's are {apart:.0f} s apart: leases of runs would expire too early",
            "Keep both machines' clocks by NTP.",
        )


def keeps_session(link: Any) -> bool:
    """Whether what a connection sets is still there in the next transaction, while others use the same pool.

    A pooler that hands each transaction to any session gives both connections here the same idle one.
    """
    other = link.copy()
    try:
        with link.cursor() as ours, other.cursor() as others:
            ours.execute("SET forage.doctor = 'ours'")
            others.execute("SET forage.doctor = 'others'")
            ours.execute("SHOW forage.doctor")
            return bool(ours.fetchone()[0] == "ours")
    finally:
        other.close()


def migration_findings() -> Iterator[Finding]:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        names = ", ".join(f"{step.app_label}.{step.name}" for step, _ in plan[:3])
        yield problem(f"{len(plan)} missing: {names}{' …' if len(plan) > 3 else ''}", "Run: manage.py migrate")
    else:
        yield ok("all applied")


def broker_findings() -> Iterator[Finding]:
    yield from _cache_findings()
    if settings.CELERY_BROKER_URL != settings.REDIS_URL:
        reason = jobs.broker_problem()
        yield problem(f"does not answer: {reason}", _remedy("CELERY_BROKER_URL")) if reason else ok("takes messages")


def _asked() -> tuple[int, bool, bool, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, rolsuper, rolbypassrls, clock_timestamp() "
            "FROM pg_roles WHERE rolname = current_user"
        )
        version, is_superuser, bypasses, now = cursor.fetchone()
        return version, is_superuser, bypasses, now


def _cache_findings() -> Iterator[Finding]:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
    )
    try:
        facts = cast(dict[str, Any], client.info())
        yield ok(f"{facts.get('server_name', 'redis')} {facts.get('valkey_version', facts['redis_version'])} answers")
        if not facts["aof_enabled"]:
            yield warning(
                "keeps no append-only file: tasks that wait are lost when it stops (runs are found again)",
                "Set appendonly yes in its configuration.",
            )
        if facts["maxmemory_policy"] != "noeviction":
            yield warning("may drop waiting tasks when memory is short", "Set maxmemory-policy noeviction.")
    except redis.RedisError as error:
        yield problem(f"does not answer: {error}", _remedy("REDIS_URL"))
    finally:
        client.close()


def _remedy(variable: str) -> str:
    if is_embedded(variable):
        return "Start it with bin/up; what it said is in the logs folder beside its data."
    return f"Check {variable}, and that the server runs and takes connections from here."
