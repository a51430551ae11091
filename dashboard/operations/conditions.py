"""What needs whoever runs the installation, as it is now: read from rows, disk and broker."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops
from dashboard.catalog.feed_selectors import failing_sources
from dashboard.core import heartbeats, jobs, valkey
from dashboard.core.fetching import shown_address
from dashboard.core.tenancy import operator_scope
from dashboard.events.selectors import last_received_at
from dashboard.operations.models import Alert
from dashboard.training.models import Run
from dashboard.training.selectors import latest_ended_runs

FAILURES_IN_A_ROW = 3
LEAST_FREE_SHARE = 0.10
LONGEST_WAIT = timedelta(minutes=15)  # of a task of the default queue; runs have their turns
LONGEST_PAUSE_SECONDS = 90  # the clock beats every 15 s
GIB = 1024**3


@dataclass(frozen=True)
class Condition:
    """`subject`: the slug of a shop, or the name of a queue; "" for the whole installation."""

    kind: str
    subject: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.subject


@operator_scope("an installation is watched over as a whole")
def conditions(now: datetime) -> list[Condition]:
    """The most pressing first."""
    found = [*_workers(), *_disk(), *_queues()]
    for shop in all_shops():
        found += [*_runs(shop), *_silence(shop, now), *_feeds(shop)]
    return found


@dataclass(frozen=True)
class Disk:
    """Of the data folder, in bytes."""

    free: int
    total: int

    @property
    def free_share(self) -> float:
        return self.free / self.total if self.total else 0.0


def disk() -> Disk:
    folder = Path(settings.DATA_DIR)
    usage = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists()))
    return Disk(usage.free, usage.total)


def _disk() -> Iterator[Condition]:
    found = disk()
    if found.free_share < LEAST_FREE_SHARE:
        facts = {"share": round(found.free_share, 3), "gib": round(found.free / GIB, 1)}
        yield Condition(Alert.Kind.DISK_FULL, "", facts)


def _workers() -> Iterator[Condition]:
    """Where the broker can be asked: what is known of workers stands there."""
    if not valkey.answers():
        return
    served = {queue for worker in heartbeats.workers() if worker.is_alive for queue in worker.queues}
    for queue in jobs.QUEUES:
        if queue not in served:
            yield Condition(Alert.Kind.NO_WORKER, queue)
    age = heartbeats.age_seconds(heartbeats.CLOCK)
    if age is None or age > LONGEST_PAUSE_SECONDS:
        yield Condition(Alert.Kind.CLOCK_STANDS)


def _queues() -> Iterator[Condition]:
    ages = jobs.oldest_waiting_seconds()
    waits = ages.get("default")
    if waits is not None and waits > LONGEST_WAIT.total_seconds():
        yield Condition(Alert.Kind.QUEUE_WAITS, "default", {"minutes": round(waits / 60)})


def _runs(shop: Shop) -> Iterator[Condition]:
    latest = latest_ended_runs(shop, FAILURES_IN_A_ROW)
    if len(latest) == FAILURES_IN_A_ROW and all(run.state == Run.State.FAILED for run in latest):
        reason = {"reason": latest[0].reason, "code": latest[0].reason_code, "facts": latest[0].reason_facts}
        yield Condition(Alert.Kind.RUNS_FAIL, shop.slug, {"times": FAILURES_IN_A_ROW, **reason})


def _silence(shop: Shop, now: datetime) -> Iterator[Condition]:
    """Of a shop that has sent something: one that has not begun misses nothing."""
    longest = timedelta(hours=settings.ALERT_SILENCE_HOURS)
    last = last_received_at(shop.pk) if longest and not shop.is_sample else None
    if last is not None and now - last > longest:
        yield Condition(Alert.Kind.NO_EVENTS, shop.slug, {"since": last.isoformat()})


def _feeds(shop: Shop) -> Iterator[Condition]:
    for source, reason in failing_sources(shop, FAILURES_IN_A_ROW)[:1]:
        facts = {"address": shown_address(source.url), "reason": reason}
        yield Condition(Alert.Kind.FEED_FAILS, shop.slug, facts)
