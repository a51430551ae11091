"""Does anybody do the work: workers, the clock that starts periodic tasks, runs?"""

from collections.abc import Iterator

from dashboard.accounts.selectors import all_shops
from dashboard.core import heartbeats, jobs
from dashboard.standalone.doctor.finding import Finding, ok, problem
from dashboard.training import selectors

LATE_SECONDS = 90  # the clock beats every 15 s
START = "Start it with bin/up, or: celery -A workers.app"


def worker_findings() -> Iterator[Finding]:
    consumers = jobs.consumers()
    for queue in jobs.QUEUES:
        names = sorted(consumers.get(queue, ()))
        if names:
            yield ok(f"queue {queue}: {', '.join(names)}")
        else:
            yield problem(f"no worker answers for the queue {queue}", f"{START} worker --queues {queue}")


def clock_findings() -> Iterator[Finding]:
    """A beat travels from beat through the broker to a worker: it shows that all three work together."""
    age = heartbeats.age_seconds(heartbeats.CLOCK)
    if age is None:
        yield problem("periodic work has never been done, or the broker forgot it", f"{START} beat")
    elif age > LATE_SECONDS:
        yield problem(f"periodic work was last done {age:,.0f} s ago", f"{START} beat, with a worker for default")
    else:
        yield ok(f"periodic work was done {age:.0f} s ago")


def run_findings() -> Iterator[Finding]:
    """Runs that wait although a worker should have taken them."""
    shops = all_shops()
    runs = [(shop, run) for shop in shops if (run := selectors.active_run(shop))]
    waiting = [(shop, run) for shop, run in runs if selectors.waits_for_a_worker(run)]
    for shop, run in waiting:
        yield problem(f"run {run.pk} of {shop.slug} waits for a worker", f"{START} worker --queues train")
    if not waiting:
        yield ok(f"{len(shops)} shops, {len(runs)} runs under way")
