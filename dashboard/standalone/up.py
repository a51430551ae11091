"""`bin/up` inside `.venv`: from nothing to a shop that answers, with every stage on the terminal."""

import argparse
import errno
import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboard.standalone import credentials, front, lock, options, ports, prepared, programs
from dashboard.standalone.children import Child
from dashboard.standalone.console import Console, make_console
from dashboard.standalone.discovery import manage_command
from dashboard.standalone.disk import FIRST_START_MIB, WARM_START_MIB, require_space
from dashboard.standalone.environment import (
    Given,
    adopt_broker_as_cache,
    child_environment,
    runtime_values,
    write_runtime,
)
from dashboard.standalone.errors import StartError
from dashboard.standalone.leftovers import stop_leftovers
from dashboard.standalone.sample import SAMPLE_SHOP
from dashboard.standalone.servers import start_servers
from dashboard.standalone.steps import run_step
from dashboard.standalone.stopping import Stopping, StopRequest
from dashboard.standalone.supervisor import Supervisor

WEB_START_SECONDS = 180  # 4 s of work; a busy machine takes its time
SERVER_ERROR = 500


def main(arguments: Sequence[str]) -> int:
    """The exit status: 1 with one line where it cannot start, 130 after Ctrl-C, 0 after SIGTERM."""
    wanted = options.parse(arguments)
    stop_request = StopRequest()
    stop_request.listen()
    console = make_console()
    try:
        Up(wanted, console, stop_request).run()
    except StartError as error:
        return _fail(console, str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        return _fail(console, f"{error.strerror}: {error.filename or wanted.data}")
    except Stopping as stopping:
        console.say("Stopped. All data is kept; bin/up starts it again.")
        return stopping.exit_status
    return 0


def _fail(console: Console, message: str) -> int:
    console.close()
    print(f"bin/up: {message}", file=sys.stderr)  # noqa: T201
    return 1


class Up:
    """One start, in order."""

    def __init__(self, wanted: argparse.Namespace, console: Console, stop_request: StopRequest) -> None:
        self.wanted = wanted
        self.data: Path = wanted.data
        self.console = console
        self.stop_request = stop_request
        self.url = f"http://{_reachable(wanted.host)}:{wanted.port}"

    def run(self) -> None:
        """Returns only by an exception: a StartError, or Stopping."""
        lock.make_data_folder(self.data)
        lock.inherited_lock(self.data)
        stop_leftovers(self.data)
        self._check_room()
        ports.require_free(self.wanted.port, self.wanted.host)
        logs = self.data / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        supervisor = Supervisor(logs, self.console.say, self.stop_request)
        try:
            self._start(supervisor)
            supervisor.run()
        finally:
            self.console.close()
            supervisor.stop()

    def _start(self, supervisor: Supervisor) -> None:
        environment = self._start_servers(supervisor)
        state = self._prepare(supervisor, environment)
        has_sample = state.has_sample
        if state.open_steps and not self.wanted.empty:
            self._start_workers(supervisor, environment)
            self._run_step(supervisor, "first_start", environment)
            prepared.first_start_ended(self.data)
            has_sample = True
            self._serve(supervisor, environment)
        else:  # pages first, workers while the merchant signs in
            self._serve(supervisor, environment)
            self._start_workers(supervisor, environment)
        if has_sample and self.wanted.traffic:
            supervisor.start(programs.traffic(environment, shop=SAMPLE_SHOP, url=self.url))
        self._announce(has_sample=has_sample)

    def _prepare(self, supervisor: Supervisor, environment: Mapping[str, str]) -> prepared.State:
        state = prepared.remembered_state(self.data, environment, is_empty=self.wanted.empty)
        if state is None:
            found = self._run_step(supervisor, "prepare", environment)
            prepared.remember(self.data, environment, found)
            state = prepared.State(found["open_steps"], found["has_sample"])
        return state

    def _check_room(self) -> None:
        is_first = not (self.data / "postgres").exists()
        require_space(self.data, FIRST_START_MIB if is_first else WARM_START_MIB)

    def _start_servers(self, supervisor: Supervisor) -> Mapping[str, str]:
        self.console.begin("servers")
        os.environ.update(adopt_broker_as_cache(os.environ))
        given = Given.of(os.environ)
        self.console.update("Postgres and Valkey")
        values = runtime_values(self.data, start_servers(self.data, supervisor, given))
        write_runtime(self.data, values)
        self.console.finish(_describe(given))
        return child_environment(self.data, values, url=self.url)

    def _run_step(self, supervisor: Supervisor, name: str, environment: Mapping[str, str]) -> dict[str, Any]:
        module = f"dashboard.standalone.{name}"
        return run_step(module, supervisor=supervisor, console=self.console, environment=environment)

    def _start_workers(self, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        supervisor.start(programs.default_worker(environment))
        supervisor.start(programs.train_worker(environment))
        supervisor.start(programs.beat(environment, self.data))

    def _serve(self, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        self.console.begin("serve")
        self.console.update("web server")
        binary = front.find_front()
        if binary is None:
            self.console.say(
                "haproxy is not installed: slates, events and pages share one process, which is for trials."
            )
            alone = programs.pages(environment, host=self.wanted.host, port=self.wanted.port, is_alone=True)
            self._wait_for_answers(supervisor, supervisor.start(alone), self.wanted.port, self.wanted.host)
        else:
            self._serve_behind(binary, supervisor, environment)
        self.console.finish(f"web server, workers and clock; logs in {self.data / 'logs'}")

    def _serve_behind(self, binary: str, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        host, port = self.wanted.host, self.wanted.port
        inner = {name: ports.remembered_port(self.data, name) for name in ("serving", "pages")}
        text = front.configuration(environment, host=host, port=port, **inner)
        path = front.write_configuration(self.data, text)
        started = [
            (supervisor.start(programs.serving(environment, port=inner["serving"])), inner["serving"], ports.LOOPBACK),
            (supervisor.start(programs.pages(environment, port=inner["pages"])), inner["pages"], ports.LOOPBACK),
            (supervisor.start(programs.front(environment, binary, path)), port, host),
        ]
        for child, at, of in started:
            self._wait_for_answers(supervisor, child, at, of)

    def _wait_for_answers(self, supervisor: Supervisor, child: Child, port: int, host: str) -> None:
        supervisor.wait_for(child, lambda: _answers(_reachable(host), port), WEB_START_SECONDS)

    def _announce(self, *, has_sample: bool) -> None:
        say = self.console.say
        say(f"\nForage is ready: {self.url}")
        if has_sample:
            passphrase = credentials.merchant_passphrase(self.data)
            say(f"Sign in as {credentials.MERCHANT_EMAIL} with {passphrase}")
        else:
            say(f"Make a shop: {manage_command(self.data)} create_shop SLUG --name NAME --owner ADDRESS")
        say("Ctrl-C stops everything; data stays.\n")


def _answers(host: str, port: int) -> bool:
    """Any answer of the application will do: a redirect to HTTPS, or a refusal of this host name."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status < SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    """Where this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


def _describe(given: Given) -> str:
    database = "the database of DATABASE_URL" if given.database else "embedded Postgres 18"
    broker = "the broker of REDIS_URL" if given.redis else "embedded Valkey 9"
    return f"{database}, {broker}"
