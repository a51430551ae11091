"""The applications that `bin/up` keeps running: front, serving, pages, workers, beat, simulated shoppers."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dashboard.standalone.children import Program
from dashboard.standalone.discovery import ROOT
from dashboard.standalone.environment import SINGLE_THREADED
from dashboard.standalone.front import EVENTS_AT_ONCE, MAX_UPLOAD_BYTES
from dashboard.standalone.ports import LOOPBACK

Environment = Mapping[str, str]

SERVING_PROCESSES = 2
#: One more than the events that the front lets in at once, so that while all of them wait for a disk in one process, a
#: thread of it makes slates (docs/adr/0003-web-server.md).
BLOCKING_THREADS = EVENTS_AT_ONCE + 1
SERVING_STOP_SECONDS = 3
PAGE_THREADS = 4
PAGE_CONNECTIONS = 1_000
READER_SECONDS = 30
SPOOLED_BYTES = 256 * 1024 * 1024  # of an answer, on disk, before a page's thread waits for its reader
DEFAULT_QUEUE_THREADS = 8  # five imports (catalog/services/turns.py) and an export at once, and two that they leave
#: Visitors wait for slates, a merchant for pages, nobody for tasks: that is whom a full machine serves first.
PAGES_NICE, TASKS_NICE = 10, 15
_BEHIND_FRONT = {"FORAGE_BEHIND_FRONT": "1"}
# Arrow's own pool keeps 11 MB after reading one model's items.
_LITTLE_MEMORY = {**SINGLE_THREADED, "ARROW_DEFAULT_MEMORY_POOL": "system"}
# What a page once needed goes back: glibc would keep a heap for each thread, and in them what large answers left.
_GIVEN_BACK = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(1024 * 1024)}


def front(environment: Environment, binary: str, configuration: Path) -> Program:
    """HAProxy on the address that everybody uses. It ends softly: what it has taken in is answered."""
    command = (binary, "-db", "-f", str(configuration))
    return Program("front", command, ROOT, environment, stop_signal=signal.SIGUSR1)


def serving(environment: Environment, *, port: int) -> Program:
    """What the hot routes wait for, and nothing else: Granian, WSGI, behind the front.

    It starts a worker process again that dies; we start Granian again.
    """
    options = {
        "--interface": "wsgi",
        "--host": LOOPBACK,
        "--port": str(port),
        "--workers": str(SERVING_PROCESSES),
        "--blocking-threads": str(BLOCKING_THREADS),
        "--workers-kill-timeout": str(SERVING_STOP_SECONDS),
    }
    words = [word for pair in options.items() for word in pair]
    words += ["--respawn-failed-workers", "dashboard.wsgi:application"]
    return _python("serving", ["dashboard.standalone.web", *words], {**environment, **_LITTLE_MEMORY, **_BEHIND_FRONT})


def pages(environment: Environment, *, port: int, host: str = LOOPBACK, is_alone: bool = False) -> Program:
    """Pages, exports and the rest of the API: Waitress, whose threads meet no slow sender and no slow reader.

    Alone, without a front, it answers the hot routes too.
    """
    options = {
        "--listen": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "--threads": str(PAGE_THREADS),
        "--connection-limit": str(PAGE_CONNECTIONS),
        "--channel-timeout": str(READER_SECONDS),
        "--outbuf-high-watermark": str(SPOOLED_BYTES),
        "--max-request-body-size": str(MAX_UPLOAD_BYTES),
    }
    words = [f"{name}={value}" for name, value in options.items()]
    words += ["--asyncore-use-poll", "--no-clear-untrusted-proxy-headers", "--no-log-socket-errors", "--ident=Forage"]
    words += ["dashboard.wsgi:application"]
    own = {**environment, **_LITTLE_MEMORY, **_GIVEN_BACK, **({} if is_alone else _BEHIND_FRONT)}
    program = _python("pages", ["dashboard.standalone.pages", *words], own)
    return program if is_alone else replace(program, nice=PAGES_NICE)


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
    return replace(_python("beat", words, {**environment, **SINGLE_THREADED}), nice=TASKS_NICE)


def traffic(environment: Environment, *, shop: str, url: str) -> Program:
    """Simulated shoppers against the REST API, marked as such."""
    command = (sys.executable, "manage.py", "simulate", "--shop", shop, "--follow", "--url", url)
    return Program("traffic", command, ROOT, {**environment, **SINGLE_THREADED})


def _worker(queue: str, pool: list[str], environment: Environment) -> Program:
    words = ["celery", "-A", "workers.app", "worker", "--queues", queue, "--hostname", f"{queue}@%h", *pool]
    words += ["--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    return replace(_python(f"worker-{queue}", words, environment), nice=TASKS_NICE)


def _python(name: str, words: list[str], environment: Environment) -> Program:
    return Program(name, (sys.executable, "-m", *words), ROOT, environment)
