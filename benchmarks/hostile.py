"""The worst that may be sent, timed over HTTP: `python -m benchmarks.hostile --data DIR` against a running `bin/up`.

Every route of OpenAPI, every field of its body, every parameter and header, with the values of `tests/api/worst.py`: as
a stranger without a key, with a publishable key and with a secret one. Written down are, by route and key, how many
were sent, the median and the dearest in milliseconds (the best of `--tries`, so that a busy machine is not taken for a
dear request), the status of the dearest, and by how much the processes of the installation grew.

The exit code is 1 where an answer is a 5xx, or none came. Nothing is changed that a wrong request does not change: what
is sent is refused nearly always, and what is taken is of a shop that may be thrown away.
"""

import argparse
import gzip
import http.client
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
PATIENCE_SECONDS = 60
#: Of a path's parameters: things that are not there cost what they cost, too.
NOBODYS = {"item_id": "hostile", "visitor_id": "hostile", "event_id": "hostile", "slug": "home"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder of the running bin/up")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--every", type=int, default=1, help="of all attacks, one in so many")
    parser.add_argument("--tries", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "forage-hostile.json")
    options = parser.parse_args()
    os.environ["FORAGE_DATA"] = str(options.data.resolve())
    import django

    django.setup()
    found = look(options)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))
    sys.exit(1 if found["failed"] else 0)


def look(options):
    from tests.api.worst import attacks

    parts = urlsplit(options.url)
    server = Server((parts.hostname, parts.port or 80))
    document = json.loads(server.ask("GET", "/api/v1/schema")[1])
    aimed = list(attacks(document, defaultdict(lambda: 1, NOBODYS)))[:: options.every]
    before, seen, failed = resident_mib(options.data), [], []
    for who, key in the_keys().items():
        for number, attack in enumerate(aimed):
            status, ms = min(
                (server.attack(attack, key.plain if key else None) for _ in range(options.tries)), key=lambda r: r[1]
            )
            seen.append((who, attack.method, attack.path.partition("?")[0][:50], attack.name, status, ms))
            if status >= 500 or status == 0:
                failed.append(seen[-1])
            if number % 200 == 0:
                print(f"{who}: {number:,} of {len(aimed):,}", file=sys.stderr, flush=True)
    return {"seen": seen, "failed": failed, "mib_before": before, "mib_after": resident_mib(options.data)}


class Server:
    """One connection, opened again where it breaks."""

    def __init__(self, at):
        self.at, self.link = at, None

    def ask(self, method, path, body=None, headers=None):
        self.link = self.link or http.client.HTTPConnection(*self.at, timeout=PATIENCE_SECONDS)
        self.link.request(method, path, body, headers or {})
        answer = self.link.getresponse()
        return answer.status, answer.read()

    def attack(self, attack, key):
        """(status, milliseconds); 431 and the like by the front count as answers, a closed connection as 400."""
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **attack.headers}
        body = None
        if attack.frame:
            body = gzip.compress(attack.body, 1)
            headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", **headers}
        began = time.perf_counter()
        try:
            status, _ = self.ask(attack.method, attack.path, body, headers)
        except (OSError, http.client.HTTPException) as problem:
            self.link.close()
            self.link = None
            status = 0 if isinstance(problem, TimeoutError) else 400
        return status, (time.perf_counter() - began) * 1000


def the_keys():
    from dashboard.accounts.models import Shop
    from dashboard.accounts.services import issue_key

    shop = Shop.objects.order_by("pk").first()
    return {"nobody": None, **{kind: issue_key(shop=shop, kind=kind, name="hostile") for kind in ("pk", "sk")}}


def resident_mib(data):
    from dashboard.standalone.children import MARKER

    total = 0.0
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(data.resolve()):
                total += process.memory_info().rss / 2**20
        except psutil.Error:
            continue
    return round(total)


def table(found):
    by_route = defaultdict(list)
    for who, method, path, name, status, ms in found["seen"]:
        by_route[who, method, path].append((ms, status, name))
    lines = ["| key | route | sent | median ms | dearest ms | status | which |", "|---|---|---|---|---|---|---|"]
    for (who, method, path), sent in sorted(by_route.items(), key=lambda row: -max(row[1])[0]):
        ms, status, name = max(sent)
        lines.append(
            f"| {who} | {method} {path} | {len(sent)} | {median(each for each, _, _ in sent):.1f} | {ms:.1f} "
            f"| {status} | {name} |"
        )
    lines.append(f"\nResident memory of all processes: {found['mib_before']} MiB before, {found['mib_after']} after.")
    lines += [f"FAILED {one}" for one in found["failed"]]
    return "\n".join(lines)


if __name__ == "__main__":
    from dashboard.core.tenancy import operator_scope

    with operator_scope("what is sent is looked at from outside"):
        main()
