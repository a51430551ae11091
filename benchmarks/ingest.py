"""How many events a second: `python -m benchmarks.ingest [--batches N] [--single N] [--rounds N]`.

Starts Forage as `bin/up` does (front, two serving processes of one thread; embedded PostgreSQL, fsync on) in a folder
of its own, and sends events over HTTP from this machine: batches of 500, single events over 16 connections, and the
same batches to benchmarks/drf_baseline.py on the same server. Prints JSON: rates, and CPU by part, which tells more
than rates where others use the machine too. `load` is the CPU of this generator.
"""

import argparse
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from benchmarks.load import Told, measured, post_request, send_all
from tests.journeys.system import ROOT, System, environment, eventually, free_port, running_system

BATCH = 500
BATCH_CONNECTIONS, SINGLE_CONNECTIONS = 4, 16
SERVING, BASELINE = "dashboard.standalone.web", "benchmarks.drf_baseline"
PARTS = (SERVING, BASELINE, "haproxy", "postgres")
SLATES_ONE_IN = 5  # events that name the slate they came from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--batches", type=int, default=200, help="of 500 events, a round (200)")
    parser.add_argument("--single", type=int, default=3000, help="requests of one event, a round (3000)")
    parser.add_argument("--baseline", type=int, default=40, help="batches for the endpoint to compare with (40)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    options = parser.parse_args()
    with running_system() as system:
        shop = system.create_shop("bench")
        time.sleep(5)  # workers have started by then
        rounds = [_round(system, shop, options) for _ in range(options.rounds)]
    sys.stdout.write(json.dumps({"rounds": rounds, "best": _best(rounds)}, indent=1) + "\n")


def _round(system: System, shop: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    host, port = "127.0.0.1", httpx.URL(system.url).port or 80
    key, path = shop["secret_key"], "/api/v1/events"
    with _baseline(system) as other:
        path_there = f"/{_shop_id(system)}/events"
        requests = [
            post_request(host, other, path_there, body, key) for body in bodies(options.baseline * BATCH, BATCH)
        ]
        compared = _figures(*measured(lambda: send_all(host, other, requests, BATCH_CONNECTIONS), *PARTS), BATCH)
    requests = [post_request(host, port, path, body, key) for body in bodies(options.batches * BATCH, BATCH)]
    batches = _figures(*measured(lambda: send_all(host, port, requests, BATCH_CONNECTIONS), *PARTS), BATCH)
    requests = [post_request(host, port, path, body, key) for body in bodies(options.single, 1)]
    single = _figures(*measured(lambda: send_all(host, port, requests, SINGLE_CONNECTIONS), *PARTS), 1)
    times = round(batches["events_per_second"] / compared["events_per_second"], 1)
    by_cpu = round(compared["cpu_us_per_event"]["server"] / batches["cpu_us_per_event"]["server"], 1)
    return {"batches": batches, "single": single, "drf": compared, "times_drf": times, "times_drf_by_cpu": by_cpu}


def _figures(told: Told, cpu: dict[str, float], batch: int) -> dict[str, Any]:
    events = len(told.answers) * batch
    accepted = sum(json.loads(answer)["accepted"] for answer in told.answers)
    if accepted != events:
        raise SystemExit(f"{events} events were sent, {accepted} accepted")
    web = cpu[SERVING] + cpu[BASELINE]
    server = web + cpu["haproxy"] + cpu["postgres"]
    parts = {"web": web, "front": cpu["haproxy"], "postgres": cpu["postgres"], "server": server, "load": cpu["load"]}
    return {
        "events_per_second": round(events / told.seconds),
        "requests_per_second": round(len(told.answers) / told.seconds),
        "cpu_us_per_event": {name: round(seconds / events * 1e6, 1) for name, seconds in parts.items()},
        "cpu_ms_per_request": round(server / len(told.answers) * 1e3, 2),
        "events_per_second_of_two_cores": round(2 * events / (server + cpu["load"])),
        "p50_ms": round(told.percentile(0.5), 1),
        "p99_ms": round(told.percentile(0.99), 1),
    }


def bodies(events: int, batch: int) -> Iterator[bytes]:
    """JSON bodies of `batch` views: ids and visitors as shops have them, one event in five from a slate."""
    tag = uuid.uuid4().hex
    for start in range(0, events, batch):
        yield json.dumps({"events": [_event(tag, number) for number in range(start, start + batch)]}).encode()


def _event(tag: str, number: int) -> dict[str, Any]:
    event = {
        "event_id": f"{tag}-{number}",
        "type": "add_to_cart" if number % 10 == 0 else "view_item",
        "visitor_id": f"visitor-{number * 7919 % 5000}",
        "session_id": f"s-{number % 9000}",
        "item_id": f"item-{number * 104729 % 4000}",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - number % 3600)),
        "placement": "home",
    }
    return event | {"recommendation_id": str(uuid.uuid4())} if number % SLATES_ONE_IN == 0 else event


def _shop_id(system: System) -> int:
    code = "from dashboard.accounts.models import Shop; print(Shop.objects.get(slug='bench').pk)"
    return int(system.manage("shell", "--no-imports", "-c", code))


@contextmanager
def _baseline(system: System) -> Iterator[int]:
    """The endpoint to compare with on a server of its own, as `bin/up` runs ours; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += [
        "--workers",
        "2",
        "--blocking-threads",
        "1",
        "--log-level",
        "error",
        "benchmarks.drf_baseline:application",
    ]
    server = subprocess.Popen(command, cwd=ROOT, env={**environment(system.data), "OMP_NUM_THREADS": "1"})
    try:
        eventually(lambda: _answers(f"http://127.0.0.1:{port}/"))
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _answers(address: str) -> bool | None:
    try:
        httpx.get(address)
    except httpx.TransportError:
        return None
    return True


def _best(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "batches_events_per_second": max(entry["batches"]["events_per_second"] for entry in rounds),
        "single_requests_per_second": max(entry["single"]["requests_per_second"] for entry in rounds),
        "times_drf": max(entry["times_drf"] for entry in rounds),
        "batches_cpu_us_per_event": min(entry["batches"]["cpu_us_per_event"]["server"] for entry in rounds),
        "single_cpu_ms_per_request": min(entry["single"]["cpu_ms_per_request"] for entry in rounds),
    }


if __name__ == "__main__":
    from dashboard.core.tenancy import operator_scope

    with operator_scope("a benchmark makes and removes its shop"):
        main()
