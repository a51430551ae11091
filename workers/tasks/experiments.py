"""Daily moments of experiments."""

from celery import shared_task

from dashboard.experiments.services import refresh_running


@shared_task(name="experiments.refresh")
def refresh(**_: object) -> None:
    refresh_running()
