"""Whole lists into files."""

from typing import Any

from celery import shared_task

from dashboard.exports import schedules, services
from workers.shops import in_every_shop


@shared_task(name="exports.write")
def write(*, export_id: int, **_: object) -> None:
    services.run_export(export_id=export_id)


@shared_task(name="exports.sweep")
def sweep(**_: object) -> None:
    in_every_shop(_sweep)


def _sweep(shop: Any) -> None:
    schedules.start_due_exports(shop=shop)
    services.sweep_exports(shop=shop)
