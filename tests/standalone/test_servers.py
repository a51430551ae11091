"""The embedded servers through every death: of themselves, of their supervisor, of all at once."""

import json
import os
import signal
import subprocess
import sys
from threading import Event
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest
import redis
from psycopg2.extensions import parse_dsn

from dashboard.standalone.leftovers import leftovers
from dashboard.standalone.servers.postgres import is_stuck

PATIENCE_SECONDS = 60


class Running:
    """The supervisor process, and what it started."""

    def __init__(self, data):
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.standalone.servers_only", str(data)], stdout=subprocess.PIPE, text=True
        )
        self.addresses = json.loads(self.process.stdout.readline())

    @property
    def postmaster(self):
        return int((self.data / "postgres/cluster/postmaster.pid").read_text().split()[0])

    @property
    def valkey(self):
        return next(one.pid for one in leftovers(self.data) if one.name().startswith("valkey"))

    def connect(self):
        connection = psycopg2.connect(self.addresses["DATABASE_URL"])
        connection.autocommit = True
        return connection

    def query(self, statement):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    @property
    def broker(self):
        return redis.Redis.from_url(self.addresses["REDIS_URL"])

    def end(self, number):
        """The exit status after a signal."""
        self.process.send_signal(number)
        self.process.stdout.close()
        return self.process.wait(PATIENCE_SECONDS)


def remember(running):
    running.query("CREATE TABLE kept (word text)")
    running.query("INSERT INTO kept VALUES ('committed')")
    running.broker.set("kept", "written")


def test_a_server_that_serves_is_not_stuck_and_one_that_neither_recovers_nor_serves_is(data):
    running = Running(data)
    running.query("SELECT 1")
    assert not is_stuck(running.postmaster)
    assert is_stuck(running.valkey)  # a process that does neither
    running.end(signal.SIGINT)


def test_rows_survive_when_everything_is_killed_at_once_and_ctrl_c_leaves_no_process(data):
    first = Running(data)
    remember(first)
    # the append-only file is written before the answer, so what was answered survives the process
    doomed = [first.process.pid, first.addresses["guard"], first.postmaster, first.valkey]
    for pid in doomed:
        os.kill(pid, signal.SIGKILL)
    first.end(signal.SIGKILL)

    second = Running(data)
    assert second.query("SELECT word FROM kept") == [("committed",)]
    assert second.broker.get("kept") == b"written"
    assert second.addresses["DATABASE_URL"] == first.addresses["DATABASE_URL"]
    assert second.end(signal.SIGINT) == 130
    assert list(leftovers(data)) == []


@pytest.mark.slow
def test_a_killed_server_is_started_again_with_its_rows(data):
    running = Running(data)
    remember(running)
    os.kill(running.postmaster, signal.SIGKILL)
    os.kill(running.valkey, signal.SIGKILL)
    assert _eventually(lambda: running.query("SELECT word FROM kept")) == [("committed",)]
    assert _eventually(lambda: running.broker.get("kept")) == b"written"
    assert running.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_nothing_outlives_a_killed_supervisor_for_long(data):
    running = Running(data)
    remember(running)
    left = list(leftovers(data))
    running.end(signal.SIGKILL)
    _, alive = psutil.wait_procs(left, timeout=10)
    assert alive == []


@pytest.mark.slow
def test_the_app_has_no_more_rights_than_its_database_needs(data):
    running = Running(data)
    rights = "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert running.query(rights) == [(False, False, False, False)]
    postmaster = psutil.Process(running.postmaster)
    assert postmaster.uids().real != 0
    assert {one.laddr.ip for one in postmaster.net_connections(kind="inet") if one.status == "LISTEN"} == {"127.0.0.1"}
    assert running.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_a_wrong_password_opens_neither_server(data):
    running = Running(data)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(**{**parse_dsn(running.addresses["DATABASE_URL"]), "password": "wrong"})
    port = urlsplit(running.addresses["REDIS_URL"]).port
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=port, password="wrong").ping()
    assert running.end(signal.SIGTERM) == 0


def _eventually(ask):
    """What `ask` answers once it stops failing; a server that restarts refuses for a moment."""
    for _ in range(PATIENCE_SECONDS * 10):
        try:
            return ask()
        except (psycopg2.OperationalError, redis.RedisError):
            Event().wait(0.1)
    return ask()
