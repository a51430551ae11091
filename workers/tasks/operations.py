"""Watching over the installation."""

from celery import shared_task

from dashboard.operations import services


@shared_task(name="operations.watch")
def watch(**_: object) -> None:
    services.watch()
