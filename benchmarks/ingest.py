"""How many events a second: `python benchmarks/ingest.py [--events N] [--batch N] [--connections N]`.

Three ways over the same events: the service itself, Django's test client, and HTTP against Granian with two workers on
this machine. Works on the database of DATABASE_URL with a shop of its own, which it removes at the end. Prints JSON.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
PORT = 8765


def bodies(events, batch, tag):
    """JSON bodies of `batch` events: nine views to one purchase of two items."""
    for start in range(0, events, batch):
        yield json.dumps(
            {"events": [_event(tag, number) for number in range(start, min(start + batch, events))]}
        ).encode()


def _event(tag, number):
    event = {
        "event_id": f"{tag}-{number}",
        "type": "view_item",
        "visitor_id": f"visitor-{number * 7919 % 5000}",
        "session_id": f"s-{number % 9000}",
        "timestamp": time.time(),
        "placement": "home",
        "recommendation_id": str(uuid.UUID(int=number)),
    }
    if number % 10:
        return event | {"item_id": f"item-{number * 104729 % 4000}"}
    items = [{"item_id": f"item-{number % 4000}", "quantity": 2, "price": 4.25}, {"item_id": "item-1", "price": 1}]
    return event | {"type": "purchase", "order_id": f"o-{number}", "currency": "GBP", "items": items}


def timed(send, payloads, connections=1):
    """Events a second and CPU microseconds an event of this process."""
    began, cpu = time.perf_counter(), time.process_time()
    if connections == 1:
        answers = [send(body) for body in payloads]
    else:
        with ThreadPoolExecutor(connections) as pool:
            answers = list(pool.map(send, payloads))
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    accepted = sum(answers)
    return {"events_per_second": round(accepted / wall), "cpu_us_per_event": round(cpu / accepted * 1e6, 1)}


def over_service(shop, payloads):
    from dashboard.events.services import record_events

    return timed(lambda body: record_events(shop=shop, raw=body).accepted, payloads)


def over_test_client(key, payloads):
    from django.test import Client

    client, headers = Client(), {"Authorization": f"Bearer {key}"}

    def send(body):
        answer = client.post("/api/v1/events", body, content_type="application/json", headers=headers)
        return answer.json()["accepted"]

    return timed(send, payloads)


def over_http(key, payloads, connections):
    import httpx

    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "1"]
    command += ["--host", "127.0.0.1", "--port", str(PORT), "--log-level", "error", "dashboard.wsgi:application"]
    server = subprocess.Popen(command, cwd=ROOT)
    address = f"http://127.0.0.1:{PORT}"
    try:
        with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
            _wait(client, address)
            headers = {"Content-Type": "application/json"}

            def send(body):
                return client.post(f"{address}/api/v1/events", content=body, headers=headers).json()["accepted"]

            return timed(send, payloads, connections)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)


def _wait(client, address):
    import httpx

    for _attempt in range(100):
        try:
            client.get(f"{address}/healthz")
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("Granian did not answer within 20 s.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000, help="for each way")
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--connections", type=int, default=4, help="for HTTP")
    options = parser.parse_args()
    import django

    django.setup()
    from dashboard.accounts.services import create_shop
    from dashboard.events.models import EventKey, Interaction

    tag = uuid.uuid4().hex[:8]
    shop, _publishable, secret = create_shop(slug=f"bench-{tag}", name="Benchmark")
    found = {"batch": options.batch, "events": options.events}
    try:
        for name, way in {
            "service": lambda bodies_: over_service(shop, bodies_),
            "test_client": lambda bodies_: over_test_client(secret.plain, bodies_),
            "http": lambda bodies_: over_http(secret.plain, bodies_, options.connections),
        }.items():
            found[name] = way(list(bodies(options.events, options.batch, f"{tag}-{name}")))
    finally:
        for model in (Interaction, EventKey):
            model.objects.filter(shop=shop).delete()
        shop.delete()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
