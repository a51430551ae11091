"""What /metrics says, in Prometheus' text format."""

import re
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import Error

from dashboard.core import jobs
from dashboard.core import metrics as counters
from dashboard.events.selectors import event_totals
from dashboard.training.selectors import run_counts

_STARTED_AT = time.time()
_COUNTED = {
    "forage_requests_total": ("counter", "Requests by method, route and status, over all web processes."),
    "forage_request_duration_seconds": ("histogram", "Seconds until the answer, by method and route."),
    "forage_slates_total": ("counter", "Slates by the fallback that answered; model: none was needed."),
    "forage_exposures_lost_total": ("counter", "Slates that were shown and could not be logged."),
}
_BOUND = re.compile(r'le="([^"]+)"')


def exposition(*, database_is_up: bool, broker_is_up: bool) -> str:
    """All metrics as text."""
    lines = [
        *_metric("forage_database_up", "gauge", "Whether the database answers.", {"": int(database_is_up)}),
        *_metric("forage_broker_up", "gauge", "Whether the broker answers.", {"": int(broker_is_up)}),
        *_metric("forage_process_start_time_seconds", "gauge", "When this process began.", {"": round(_STARTED_AT, 3)}),
        *_metric(
            "forage_requests_per_minute_limit",
            "gauge",
            "Requests a minute that no key may exceed; 0: none set.",
            {"": settings.API_REQUESTS_PER_MINUTE},
        ),
        *_metric("forage_events_total", "counter", "Events by verdict.", _labelled("verdict", event_totals())),
        *_metric("forage_runs", "gauge", "Training runs by state.", _labelled("state", _runs(database_is_up))),
        *_metric("forage_queue_tasks", "gauge", "Tasks that wait.", _labelled("queue", jobs.waiting_tasks())),
        *_counted_lines(counters.totals()),
    ]
    return "\n".join(lines) + "\n"


def _runs(database_is_up: bool) -> dict[str, int]:
    try:
        return run_counts() if database_is_up else {}
    except Error:  # it went away meanwhile
        return {}


def _labelled(label: str, values: dict[str, int]) -> dict[str, float]:
    return {f'{{{label}="{name}"}}': value for name, value in sorted(values.items())}


def _metric(name: str, kind: str, meaning: str, values: dict[str, float]) -> Iterator[str]:
    """`values` by labels in braces."""
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values.items():
        yield f"{name}{labels} {value:.15g}"


def _counted_lines(totals: dict[str, float]) -> Iterator[str]:
    for name, (kind, meaning) in _COUNTED.items():
        found = {series.removeprefix(name): value for series, value in totals.items() if series.startswith(name)}
        yield from _metric(name, kind, meaning, dict(sorted(found.items(), key=_place)))


def _place(entry: tuple[str, float]) -> tuple[str, float]:
    """Buckets of one histogram stand together, narrowest first."""
    bound = _BOUND.search(entry[0])
    return _BOUND.sub("", entry[0]), float(bound[1]) if bound else 0.0
