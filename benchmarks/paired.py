"""What a slate costs two versions: `python -m benchmarks.paired BEFORE ARTIFACT [--rounds 15] [--slates 100]`.

BEFORE is the checkout of another version, ARTIFACT one that both can read. On the server of DATABASE_URL each gets a
database of its own, which is dropped again, and there a shop of what the artifact knows. A process of each answers
`POST /recommendations` of the same visitors by its whole WSGI application, the two by turns, so that what else the
machine does weighs on both alike. Printed are processor milliseconds a slate, of the process and of its connections in
PostgreSQL (which must be on this machine), and the ratio of the sums, a round with itself, with its 95 % interval.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

HERE = Path(__file__).resolve().parent.parent
PLACES = 12
PLACEMENTS = ("home", "product", "cart")
WARM_UP = 200
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="a checkout")
    parser.add_argument("artifact", type=Path, help="folder of an artifact")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--slates", type=int, default=100, help="of each version and round")
    parser.add_argument("--placement", default="", help="one alone")
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answer:
        answer(options.artifact, options.placement)
        return
    with version("now", HERE, options) as now, version("before", options.before, options) as before:
        rounds = [
            one_round((before, now) if number % 2 else (now, before), options) for number in range(options.rounds)
        ]
    print(json.dumps(told(rounds), indent=1))


def one_round(versions, options):
    """{version: (milliseconds a slate of the process, of PostgreSQL)}"""
    return {each.name: each.slates(options.slates) for each in versions}


def told(rounds):
    import numpy as np

    from benchmarks.intervals import interval

    found = {}
    for name in ("before", "now"):
        costs = np.array([each[name] for each in rounds])
        python, postgres = np.median(costs, axis=0)
        found[name] = {"python_ms": round(float(python), 2), "postgres_ms": round(float(postgres), 2)}
    ratios = np.array([sum(each["now"]) / sum(each["before"]) for each in rounds])
    mean, half = interval(ratios)
    return {**found, "rounds": len(rounds), "now_over_before": round(mean, 3), "plus_minus": round(half, 3)}


class Version:
    """A process that answers, and its database."""

    def __init__(self, name, process, database):
        self.name, self._process, self._database = name, process, database

    def slates(self, count):
        """Processor milliseconds a slate."""
        before = backends_seconds(self._database)
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name}: the process has ended")
        seconds = json.loads(line)["seconds"], backends_seconds(self._database) - before
        return tuple(1000.0 * part / count for part in seconds)


@contextmanager
def version(name, checkout, options):
    """A version that is ready to answer, warmed up."""
    database = f"paired_{name}"
    with own_database(database), TemporaryDirectory() as folder:
        environment = {**os.environ, **ONE_THREAD, **addresses(database, name)}
        environment |= {"PYTHONPATH": str(checkout.resolve()), "FORAGE_DATA": folder, "ARTIFACT_STORE": folder}
        environment |= {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "DEBUG": "0", "ALLOWED_HOSTS": "127.0.0.1"}
        where = {"cwd": checkout, "env": environment}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], check=True, **where)
        order = [sys.executable, __file__, str(checkout), str(options.artifact.resolve()), "--answer"]
        order += ["--placement", options.placement]
        with subprocess.Popen(order, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **where) as process:
            try:
                if process.stdout.readline().strip() != "ready":
                    raise SystemExit(f"{name}: does not answer")
                yield Version(name, process, database)
            finally:
                process.stdin.close()
                process.wait(timeout=60)


def addresses(database, name):
    """The same servers, a database of its own in each."""
    places = {"before": 13, "now": 14}
    postgres, valkey = urlsplit(os.environ["DATABASE_URL"]), urlsplit(os.environ["REDIS_URL"])
    return {
        "DATABASE_URL": urlunsplit(postgres._replace(path=f"/{database}")),
        "REDIS_URL": urlunsplit(valkey._replace(path=f"/{places[name]}")),
        "CELERY_BROKER_URL": urlunsplit(valkey._replace(path=f"/{places[name]}")),
    }


@contextmanager
def own_database(name):
    with server() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield
    finally:
        with server() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def server():
    import psycopg2

    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def backends_seconds(database):
    """Processor seconds so far of the connections to a database."""
    import psutil

    with server() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [database])
        return sum(sum(psutil.Process(pid).cpu_times()[:2]) for (pid,) in cursor.fetchall())


def answer(artifact, placement):
    """In the process of a version, whose modules are imported: as many slates as each line of input asks for."""
    import django

    django.setup()
    with everywhere():
        from benchmarks.shops import shop_of_artifact
        from dashboard.accounts.services import issue_key
        from dashboard.events.models import Interaction
        from dashboard.wsgi import application

        shop = shop_of_artifact(artifact)
        found = Interaction.objects.filter(shop=shop).values_list("visitor_id", flat=True).distinct()
        visitors, key = sorted(found), issue_key(shop=shop, kind="sk", name="benchmark").plain
        analyse()
    asked = [placement] if placement else PLACEMENTS
    bodies = [
        json.dumps({"placement": asked[number % len(asked)], "visitor_id": visitor, "n": PLACES}).encode()
        for number, visitor in enumerate(visitors * len(asked))
    ]
    done = 0
    for _ in range(WARM_UP):
        done = ask(application, key, bodies, done)
    time.sleep(2.0)  # models load beside the requests
    for _ in range(WARM_UP):
        done = ask(application, key, bodies, done)
    print("ready", flush=True)
    for line in sys.stdin:
        began = time.process_time()
        for _ in range(int(line)):
            done = ask(application, key, bodies, done)
        print(json.dumps({"seconds": time.process_time() - began}), flush=True)


def everywhere():
    """Rows of all shops, where the version keeps them apart."""
    try:
        from dashboard.core.tenancy import operator_scope
    except ImportError:
        return nullcontext()
    return operator_scope("a benchmark makes its shop")


def analyse():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def ask(application, key, bodies, number):
    body, got = bodies[number % len(bodies)], {}
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/recommendations", "SCRIPT_NAME": "", "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1", "HTTP_AUTHORIZATION": f"Bearer {key}", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False, "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }  # fmt: skip
    said = b"".join(application(environ, lambda status, headers: got.update(status=status)))
    if not got["status"].startswith("2"):
        raise SystemExit(f"{got['status']}: {said[:300]!r}")
    return number + 1


if __name__ == "__main__":
    main()
