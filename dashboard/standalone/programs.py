"""The applications that `bin/up` keeps running: web, workers, beat, simulated shoppers."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dashboard.standalone.children import Program
from dashboard.standalone.discovery import ROOT
from dashboard.standalone.environment import SINGLE_THREADED

Environment = Mapping[str, str]

WEB_WORKERS = 2
BLOCKING_THREADS = 1  # a second one raised p99 to 92–175 ms (docs/adr/0003-web-server.md)
WEB_STOP_SECONDS = 3
DEFAULT_QUEUE_THREADS = 7  # five imports at once (catalog/services/turns.py), and two that no import can take


def web(environment: Environment, *, host: str, port: int) -> Program:
    """Granian, WSGI. It starts a worker process again that dies; we start Granian again."""
    options = {
        "--interface": "wsgi",
        "--host": host,
        "--port": str(port),
        "--workers": str(WEB_WORKERS),
        "--blocking-threads": str(BLOCKING_THREADS),
        "--workers-kill-timeout": str(WEB_STOP_SECONDS),
    }
    words = [word for pair in options.items() for word in pair]
    words += ["--respawn-failed-workers", "dashboard.wsgi:application"]
    # Arrow's own pool keeps 11 MB after reading one model's items.
    memory = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    return _python("web", ["granian", *words], {**environment, **SINGLE_THREADED, **memory})


def default_worker(environment: Environment) -> Program:
    """Short tasks. Threads, not forks: they wait for the database, and a second process would cost 80 MiB."""
    pool = ["--pool", "threads", "--concurrency", str(DEFAULT_QUEUE_THREADS)]
    return _worker("default", pool, {**environment, **SINGLE_THREADED})


def train_worker(environment: Environment) -> Program:
    """One training at a time, itself an exec'd process with all cores: this one only reads its progress.

    A forked child carries it (nothing here has loaded torch), because that can be interrupted: SIGQUIT, Celery's
    cold shutdown, gives the run back to the queue instead of waiting minutes for its end.
    """
    program = _worker("train", ["--pool", "prefork", "--concurrency", "1"], environment)
    return replace(program, stop_signal=signal.SIGQUIT)


def beat(environment: Environment, data: Path) -> Program:
    """The clock. One instance: the lock of the data folder sees to it."""
    schedule = str(data / "beat-schedule")
    words = ["celery", "-A", "workers.app", "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "INFO"]
    return _python("beat", words, {**environment, **SINGLE_THREADED})


def traffic(environment: Environment, *, shop: str, url: str) -> Program:
    """Simulated shoppers against the REST API, marked as such."""
    command = (sys.executable, "manage.py", "simulate", "--shop", shop, "--follow", "--url", url)
    return Program("traffic", command, ROOT, {**environment, **SINGLE_THREADED})


def _worker(queue: str, pool: list[str], environment: Environment) -> Program:
    words = ["celery", "-A", "workers.app", "worker", "--queues", queue, "--hostname", f"{queue}@%h", *pool]
    words += ["--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    return _python(f"worker-{queue}", words, environment)


def _python(name: str, words: list[str], environment: Environment) -> Program:
    return Program(name, (sys.executable, "-m", *words), ROOT, environment)
