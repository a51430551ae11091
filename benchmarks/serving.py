"""How long a slate takes: `python -m benchmarks.serving [--artifact DIR | --items N | --shop SLUG] [--requests N]
[--over-http N] [--keep]`.

Makes a throw-away shop of what an artifact knows, which serves it (with `--items` an invented one without a model; or
takes an existing shop), asks for slates of known visitors with exploration, diversity and calibration on, and prints
p50, p99 and CPU milliseconds of a request in this process. `--over-http` then asks as many times over 8 connections
from this machine, of front and serving as `bin/up` starts them: requests a second, and CPU by part
and memory, which tell more where others use the machine too. `load` is the CPU of this generator. Of the memory, `rss`
is all that a process has mapped in, `pss` counts what processes share by halves, `uss` is its own alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.load import post_request, send_all
from benchmarks.shops import VISITORS, invented_shop, remove, shop_of_artifact

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # as a web process has it; more would wait for each other
CONNECTIONS = 8
WARM_UP = 300
SERVER_NAME = "benchmarks.serving"  # by which PostgreSQL knows the server's connections


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--artifact", type=Path, help="folder of what `python -m recommender train` wrote")
    parser.add_argument("--items", type=int, default=4000, help="of an invented shop, where no artifact is given")
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--keep", action="store_true", help="the shop that was made stays, for `--shop`")
    parser.add_argument("--shop", default="", help="an existing shop; exposures are logged there")
    parser.add_argument("--over-http", type=int, default=0, help="requests over HTTP (none)")
    options = parser.parse_args()
    import django

    django.setup()
    from dashboard.accounts.selectors import shop_by_slug

    made = shop_of_artifact(options.artifact) if options.artifact else None
    shop = shop_by_slug(options.shop) if options.shop else made or invented_shop(options.items)
    try:
        print(json.dumps({"shop": shop.slug, **measure(shop, options.requests)}, indent=1))
        if options.over_http:
            print(json.dumps(measure_over_http(shop, options.over_http), indent=1))
    finally:
        if not options.shop and not options.keep:
            remove(shop)


def measure(shop, requests):
    """Milliseconds of `recommend`, the exposure's insert among them; the first 20 requests warm up."""
    from django.db import connection

    from dashboard.events.models import Interaction
    from dashboard.serving.services import recommend
    from dashboard.serving.types import SlateRequest

    visitors = list(Interaction.objects.filter(shop=shop).values_list("visitor_id", flat=True).distinct()[:VISITORS])
    wall, slates = [], []
    for number in range(requests + 20):
        request = SlateRequest(shop=shop, placement="home", visitor_id=visitors[number % len(visitors)], n=20)
        if number == 20:
            cpu = time.process_time()
        started = time.perf_counter()
        slates.append(recommend(request))
        wall.append((time.perf_counter() - started) * 1000)
    cpu_ms = (time.process_time() - cpu) * 1000 / requests
    wall = sorted(wall[20:])
    connection.close()
    return {
        "requests": requests,
        "p50_ms": round(statistics.median(wall), 2),
        "p99_ms": round(wall[int(len(wall) * 0.99) - 1], 2),
        "cpu_ms": round(cpu_ms, 2),
        "answered_by": sorted({slate.fallback or "model" for slate in slates}),
        "candidates": round(statistics.mean(slate.candidates for slate in slates)),
    }


def measure_over_http(shop, requests):
    """Requests a second of `POST /recommendations`, and CPU milliseconds a request by part."""
    from dashboard.accounts.services import issue_key, revoke_key
    from dashboard.events.models import Interaction

    visitors = list(Interaction.objects.filter(shop=shop).values_list("visitor_id", flat=True).distinct()[:VISITORS])
    key = issue_key(shop=shop, kind="pk", name="benchmark")
    with web_server() as (server, before_it, port):
        bodies = [
            json.dumps({"placement": "home", "visitor_id": visitors[number % len(visitors)], "n": 20}).encode()
            for number in range(requests)
        ]
        posts = [post_request("127.0.0.1", port, "/api/v1/recommendations", body, key.plain) for body in bodies]
        send_all("127.0.0.1", port, (posts * WARM_UP)[:WARM_UP], CONNECTIONS)
        before = cpu_by_part(server, before_it)
        told = send_all("127.0.0.1", port, posts, CONNECTIONS)
        used = {name: seconds - before[name] for name, seconds in cpu_by_part(server, before_it).items()}
        workers = [process.memory_full_info() for process in server.children() or [server]]
    revoke_key(key=key.record)
    total = sum(used.values())
    return {
        "requests_per_second": round(requests / told.seconds),
        "requests_per_second_of_two_cores": round(2 * requests / total),
        "cpu_ms_per_request": {name: round(seconds / requests * 1000, 2) for name, seconds in used.items()},
        "p50_ms": round(told.percentile(0.5), 1),
        "p99_ms": round(told.percentile(0.99), 1),
        "memory_mib_of_a_process": {
            name: round(max(getattr(memory, name) for memory in workers) / 2**20) for name in ("rss", "pss", "uss")
        },
    }


@contextmanager
def web_server():
    """Serving and its front as `bin/up` runs them, on ports of their own; yields both, and the front's port."""
    from dashboard.standalone import front, programs
    from tests.journeys.system import free_port

    ports = {name: free_port() for name in ("serving", "pages")}
    port = free_port()
    own = {"PGAPPNAME": SERVER_NAME, "LOG_LEVEL": "WARNING", "DEBUG": "0"}  # DEBUG writes every statement down
    environment = {**os.environ, **own}
    with TemporaryDirectory() as folder:
        text = front.configuration(environment, host="127.0.0.1", port=port, **ports)
        path = front.write_configuration(Path(folder), text)
        with running(programs.serving(environment, port=ports["serving"])) as server:
            wait_until(lambda: answers(ports["serving"]))
            with running(programs.front(environment, front.find_front(), path)) as before:
                wait_until(lambda: answers(port))
                yield server, before, port


@contextmanager
def running(program):
    process = subprocess.Popen(program.command, cwd=program.folder, env=dict(program.environment))
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until(is_so, seconds=60):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit("the server does not start")
        time.sleep(0.2)


def answers(port):
    import httpx

    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def cpu_by_part(server, before_it):
    """Seconds of what serves, of the front, of connections in PostgreSQL (on this machine), of this generator."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [SERVER_NAME])
        backends = [psutil.Process(pid) for (pid,) in cursor.fetchall()]
    parts = {
        "web": [server, *server.children(recursive=True)],
        "front": [before_it],
        "postgres": backends,
        "load": [psutil.Process()],
    }
    return {name: sum(sum(process.cpu_times()[:2]) for process in processes) for name, processes in parts.items()}


if __name__ == "__main__":
    from dashboard.core.tenancy import operator_scope

    with operator_scope("a benchmark makes and removes its shop"):
        main()
