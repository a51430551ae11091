"""A shop under everything at once: `python -m benchmarks.soak --data DIR [--minutes 60]` against a running `bin/up`.

First the slates alone, for the time of `--rest`: that is "at rest". Then, besides 50 slates and 500 events a second,
ten tabs are open, three readers take little of what they asked for and a sender sends little of what it announced, two
exports are read, a model is trained and another version published. Written down are the 50th and 99th percentile and
the longest of the slates by window, counted from the moment at which each was due, the memory of each kind of process,
and the events that were acknowledged and are not stored.

The exit code is 1 where a bound is broken: the 99th percentile above twice that at rest, a slate above 250 ms, memory
that changed by more than a tenth and 16 MiB between the second and the last sixth, an event lost or stored twice, an
answer that is no success. The load runs on the machine that it measures, slates and events in processes of their own:
on two cores it is a part of what slates wait for.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, quantiles
from urllib.parse import urlsplit

import psutil

from benchmarks.soak_load import Book, Crowd

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
WINDOW_SECONDS = 10
MOST_MS, MOST_TIMES_AT_REST, MOST_MEMORY_CHANGE = 250.0, 2.0, 0.10
MEMORY_NOISE_MIB = 16  # no growth in an hour, however small the process
#: Of what each process is, the first word of its command line that is here; a trainer comes and goes.
KINDS = {
    "haproxy": "front",
    "dashboard.standalone.web": "serving",
    "granian": "serving",
    "dashboard.standalone.pages": "pages",
    " beat ": "beat",
    "--queues train": "worker-train",
    "--queues default": "worker-default",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder of the running bin/up")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--shop", default="sample", help="slug")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rest", type=float, default=60, help="seconds of slates alone")
    parser.add_argument("--slates", type=float, default=50, help="a second")
    parser.add_argument("--events", type=float, default=500, help="a second")
    parser.add_argument("--tabs", type=int, default=10)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "forage-soak.json")
    parser.add_argument("--chart", type=Path, help="also draw it: .html, or .png where Chromium is")
    options = parser.parse_args()
    os.environ["FORAGE_DATA"] = str(options.data.resolve())
    import django

    django.setup()
    found = soak(options)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    if options.chart:
        from benchmarks.soak_chart import draw

        draw(found, options.chart)
    print(
        json.dumps(
            {name: found[name] for name in ("at_rest", "under_load", "events", "memory_mib", "broken")}, indent=1
        )
    )
    sys.exit(1 if found["broken"] else 0)


def soak(options):
    """Everything that was seen, and which bounds it breaks."""
    from dashboard.accounts.services import issue_key, revoke_key

    shop, prefix, book, memory = the_shop(options.shop), f"soak-{uuid.uuid4().hex[:8]}-", Book(), []
    key = issue_key(shop=shop, kind="sk", name="soak")
    headers = {"Authorization": f"Bearer {key.plain}", "X-Forage-Simulated": "1", "Connection": "keep-alive"}
    parts = urlsplit(options.url)
    crowd = Crowd((parts.hostname, parts.port or 80), headers, session_cookie(shop), book)
    watching = threading.Thread(
        target=watch_memory, args=(options.data.resolve(), book, memory, crowd.stop), daemon=True
    )
    watching.start()
    try:
        crowd.apart("slates", options.slates)
        book.tell("slates alone")
        time.sleep(options.rest)
        loaded_at = book.now()
        under_load(crowd, options, shop, prefix)
        time.sleep(max(loaded_at + options.minutes * 60 - book.now(), 0))
        book.tell("the end")
    finally:
        crowd.end()
        revoke_key(key=key.record)
    return report(options, book, memory, loaded_at, stored(shop, prefix, book))


def under_load(crowd, options, shop, prefix):
    """Start what goes on all the time, and what has its turn: the training at a fiftieth of the time, so that what it
    loads is there when memory is first looked at, exports at a tenth and a half, the publish at three quarters."""
    crowd.book.tell("everything at once")
    crowd.apart("events", options.events, prefix, item_ids(shop))
    pages = [
        (f"/shops/{shop.slug}/events/live/", 4),
        (f"/shops/{shop.slug}/events/live/", 4),
        (f"/shops/{shop.slug}/", 30),
    ]
    pages += [(f"/shops/{shop.slug}/events/", 20), (f"/shops/{shop.slug}/placements/home/trade-off/", 30)]
    pages += [("/api/v1/schema", 10)]
    for number in range(options.tabs):
        crowd.start(crowd.tab, *pages[number % len(pages)])
    crowd.start(crowd.slow_reader, "/api/v1/exports/interactions", 100, 1)
    crowd.start(crowd.slow_reader, "/api/v1/exports/interactions", 0, 1)
    crowd.start(crowd.slow_reader, "/api/v1/schema", 10, 1)
    crowd.start(crowd.slow_sender)
    seconds = options.minutes * 60
    later = [
        (0.02, crowd.retrain, options.preset),
        (0.10, crowd.export, "/api/v1/exports/items"),
        (0.50, crowd.export, "/api/v1/exports/interactions"),
        (0.75, crowd.publish),
    ]
    for share, work, *arguments in later:
        timer = threading.Timer(share * seconds, work, arguments)
        timer.daemon = True
        timer.start()


def the_shop(slug):
    from dashboard.accounts.models import Shop

    return Shop.objects.get(slug=slug) if slug != "sample" else Shop.objects.order_by("pk").first()


def session_cookie(shop):
    """Of an owner who is signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from dashboard.accounts.models import Membership

    owner = Membership.objects.filter(shop=shop, role="owner").first().user
    store = SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(owner.pk), owner.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store.save()
    return f"sessionid={store.session_key}"


def item_ids(shop):
    from dashboard.catalog.models import Item

    return list(Item.objects.filter(shop=shop).values_list("item_id", flat=True)[:2000])


def watch_memory(data, book, samples, stop):
    """[(seconds, {kind: MiB})], a sample a window: the resident memory of all processes of a kind together."""
    from dashboard.standalone.children import MARKER

    while not stop.wait(WINDOW_SECONDS):
        found = defaultdict(float)
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARKER) != str(data):
                    continue
                command, resident = " ".join(process.cmdline()), process.memory_info().rss
            except psutil.Error:
                continue
            kind = next((name for word, name in KINDS.items() if word in command), None)
            if kind:
                found[kind] += resident / 2**20
        samples.append((book.now(), dict(found)))


def stored(shop, prefix, book):
    """{acknowledged, lost, twice}: every acknowledged event has one claim and one line."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id FROM events_eventkey WHERE shop_id = %s AND event_id LIKE %s", [shop.pk, f"{prefix}%"]
        )
        claimed = {int(event_id.rpartition("-")[2]) for (event_id,) in cursor.fetchall()}
        lines = 0
        for table in ("events_interaction", "events_impression"):
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE shop_id = %s AND event_id LIKE %s",  # noqa: S608
                [shop.pk, f"{prefix}%"],
            )
            lines += cursor.fetchone()[0]
    lost = len(book.acknowledged - claimed)
    return {"acknowledged": len(book.acknowledged), "lost": lost, "claimed": len(claimed), "lines": lines}


def report(options, book, memory, loaded_at, events):
    rest = [seconds for due, seconds in book.slates if due < loaded_at]
    loaded = [(due, seconds) for due, seconds in book.slates if due >= loaded_at]
    windows = defaultdict(list)
    for due, seconds in book.slates:
        windows[int(due // WINDOW_SECONDS)].append(seconds)
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "minutes": options.minutes,
        "rates": {"slates": options.slates, "events": options.events, "tabs": options.tabs},
        "loaded_at": round(loaded_at, 1),
        "at_rest": percentiles(rest),
        "under_load": percentiles([seconds for _, seconds in loaded]),
        "windows": [{"at": at * WINDOW_SECONDS, **percentiles(windows[at])} for at in sorted(windows)],
        "events": events,
        "memory_mib": memory_change([entry for entry in memory if entry[0] >= loaded_at]),
        "memory": [{"at": round(at, 1), **{kind: round(mib) for kind, mib in kinds.items()}} for at, kinds in memory],
        "answers": dict(sorted(book.answers.items())),
        "problems": book.problems,
        "incidents": [{"at": round(at, 1), "what": what} for at, what in book.incidents],
    }
    return {**found, "broken": broken_bounds(found)}


def percentiles(seconds):
    """Milliseconds."""
    if len(seconds) < 2:
        return {"slates": len(seconds), "p50": None, "p99": None, "max": None}
    cuts = quantiles(seconds, n=100)
    ms = {"p50": cuts[49], "p99": cuts[98], "max": max(seconds)}
    return {"slates": len(seconds), **{name: round(value * 1000, 2) for name, value in ms.items()}}


def memory_change(samples):
    """{kind: {early, late, change}}: means of the second and of the last sixth, after what is loaded at first."""
    sixth = max(len(samples) // 6, 1)
    early, late = samples[sixth : 2 * sixth] or samples[:1], samples[-sixth:]
    told = {}
    for kind in sorted({kind for _, kinds in samples for kind in kinds}):
        before, after = (mean(kinds.get(kind, 0.0) for _, kinds in part) for part in (early, late))
        told[kind] = {"early": round(before), "late": round(after), "change": round(after / max(before, 1) - 1, 3)}
    return told


def broken_bounds(found):
    rest, load, events = found["at_rest"], found["under_load"], found["events"]
    broken = []
    if load["p99"] > MOST_TIMES_AT_REST * rest["p99"]:
        broken.append(f"p99 of slates is {load['p99']} ms, at rest {rest['p99']} ms")
    if load["max"] > MOST_MS:
        broken.append(f"the longest slate took {load['max']} ms")
    broken += [
        f"memory of {kind} changed from {told['early']} to {told['late']} MiB"
        for kind, told in found["memory_mib"].items()
        if abs(told["change"]) > MOST_MEMORY_CHANGE and abs(told["late"] - told["early"]) > MEMORY_NOISE_MIB
    ]
    if events["lost"]:
        broken.append(f"{events['lost']} acknowledged events are not stored")
    if events["lines"] != events["claimed"]:
        broken.append(f"{events['claimed']} events have {events['lines']} lines")
    if found["problems"]:
        broken.append(f"{len(found['problems'])} answers were no success, the first: {found['problems'][0]}")
    return broken


if __name__ == "__main__":
    from dashboard.core.tenancy import operator_scope

    with operator_scope("a soak looks at what its shop stored"):
        main()
