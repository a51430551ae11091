"""What the operations page shows, gathered in one place so that views stay thin."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops
from dashboard.core import clock, heartbeats, jobs, slow_requests
from dashboard.core.fetching import shown_address
from dashboard.core.heartbeats import WorkerBeat
from dashboard.core.slow_requests import SlowRequest
from dashboard.events.selectors import last_received_at
from dashboard.operations import selectors
from dashboard.operations.alert_words import alert_remedy, alert_sentence
from dashboard.operations.channels import webhook_secret
from dashboard.operations.conditions import Disk, conditions, disk
from dashboard.operations.models import Alert, TaskFailure
from dashboard.training import reasons
from dashboard.training import selectors as training
from dashboard.training.models import Artifact, Run

MIB = 1024 * 1024


@dataclass(frozen=True)
class NeedRow:
    """Something that needs somebody; `since`: when it was first seen, None where it has just been."""

    title: str
    sentence: str
    remedy: str
    since: datetime | None


@dataclass(frozen=True)
class QueueRow:
    """`waiting`: None where the broker cannot be asked; `oldest`: how long the oldest message waits, where it says."""

    name: str
    waiting: int | None
    oldest: timedelta | None
    workers: int


@dataclass(frozen=True)
class ShopRow:
    """How fresh a shop is."""

    shop: Shop
    event_at: datetime | None
    run: Run | None
    artifact: Artifact | None
    stored_mib: float


@dataclass(frozen=True)
class RunRow:
    """A training that goes on or failed, with its reason in the reader's language."""

    run: Run
    reason: str


@dataclass(frozen=True)
class OldAlert:
    """An alert that is over."""

    alert: Alert
    sentence: str


@dataclass(frozen=True)
class Now:
    """The moving part."""

    queues: list[QueueRow]
    workers: list[WorkerBeat]

    @property
    def waiting(self) -> int:
        return sum(queue.waiting or 0 for queue in self.queues)

    @property
    def living(self) -> int:
        return sum(worker.is_alive for worker in self.workers)


@dataclass(frozen=True)
class OperationsPage:
    """Everything of the page. `told`: whom alerts reach; `webhook_secret`: "" where none is posted to."""

    needs: list[NeedRow]
    now: Now
    disk: Disk
    database_mib: float
    shops: list[ShopRow]
    under_way: list[RunRow]
    failed_runs: list[RunRow]
    failures: list[TaskFailure]
    slow: list[SlowRequest]
    ended: list[OldAlert]
    told: list[str]
    webhook_secret: str
    backup_age: timedelta | None

    @property
    def open_failures(self) -> int:
        return sum(failure.retried_at is None for failure in self.failures)

    @property
    def free_gib(self) -> float:
        return self.disk.free / MIB / 1024

    @property
    def stored_mib(self) -> float:
        return sum(row.stored_mib for row in self.shops)


def now_page() -> Now:
    waiting, ages, workers = jobs.waiting_tasks(), jobs.oldest_waiting_seconds(), heartbeats.workers()
    rows = []
    for name in jobs.QUEUES:
        age = ages.get(name)
        oldest = None if age is None else timedelta(seconds=age)
        serving = sum(worker.is_alive and name in worker.queues for worker in workers)
        rows.append(QueueRow(name, waiting.get(name), oldest, serving))
    return Now(rows, workers)


def operations_page() -> OperationsPage:
    """Call it in the scope of every shop."""
    backup = heartbeats.age_seconds(heartbeats.BACKUP)
    return OperationsPage(
        needs=_needs(),
        now=now_page(),
        disk=disk(),
        database_mib=_database_bytes() / MIB,
        shops=_shops(),
        under_way=[_run_row(run) for run in training.runs_under_way()],
        failed_runs=[_run_row(run) for run in training.failed_runs(since=clock.now() - selectors.SHOWN)],
        failures=selectors.task_failures(),
        slow=slow_requests.latest(),
        ended=[OldAlert(alert, _sentence(alert)) for alert in selectors.ended_alerts()],
        told=_told(),
        webhook_secret=webhook_secret() if settings.ALERT_WEBHOOK_URL else "",
        backup_age=None if backup is None else timedelta(seconds=backup),
    )


def _needs() -> list[NeedRow]:
    known = selectors.open_alerts()
    rows = []
    for one in conditions(clock.now()):
        alert = known.get(one.key)
        sentence = alert_sentence(one.kind, one.subject, one.facts)
        title = str(Alert.Kind(one.kind).label)
        rows.append(NeedRow(title, sentence, alert_remedy(one.kind), alert.began_at if alert else None))
    return rows


def _sentence(alert: Alert) -> str:
    return alert_sentence(alert.kind, alert.subject, alert.facts)


def _shops() -> list[ShopRow]:
    """Those that were silent for longest first."""
    shops = all_shops()
    stored, serving = training.stored_bytes(), training.active_artifacts([shop.pk for shop in shops])
    artifacts = {artifact.shop_id: artifact for artifact in serving}
    rows = [
        ShopRow(
            shop=shop,
            event_at=last_received_at(shop.pk),
            run=training.last_run(shop),
            artifact=artifacts.get(shop.pk),
            stored_mib=stored.get(shop.pk, 0) / MIB,
        )
        for shop in shops
    ]
    return sorted(rows, key=lambda row: row.event_at or clock.FIRST_MOMENT)


def _run_row(run: Run) -> RunRow:
    return RunRow(run, reasons.sentence(run.reason_code, run.reason_facts) or run.reason)


def _told() -> list[str]:
    address = [shown_address(settings.ALERT_WEBHOOK_URL)] if settings.ALERT_WEBHOOK_URL else []
    return [*settings.ALERT_EMAILS, *address]


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
