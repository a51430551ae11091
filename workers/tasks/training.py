"""Runs and artifacts."""

from celery import shared_task

from dashboard.core import heartbeats
from dashboard.training import services
from workers.shops import in_every_shop


@shared_task(name="training.train", acks_late=False)
def train(*, run_id: int, **_: object) -> None:
    services.execute_run(run_id=run_id)


@shared_task(name="training.sweep")
def sweep(**_: object) -> None:
    heartbeats.beat(heartbeats.CLOCK)
    services.sweep_runs()


@shared_task(name="training.start_due_runs")
def start_due_runs(**_: object) -> None:
    services.start_due_runs()


@shared_task(name="training.prune")
def prune(**_: object) -> None:
    services.prune()


@shared_task(name="training.clean_artifacts")
def clean_artifacts(**_: object) -> None:
    """Erased visitors out of the files of models."""
    in_every_shop(lambda shop: services.clean_artifacts(shop=shop))
