"""Feeds of the catalog."""

from celery import shared_task

from dashboard.catalog import services
from workers.shops import in_every_shop


@shared_task(name="catalog.import_feed")
def import_feed(*, import_id: int, **_: object) -> None:
    services.run_import(import_id=import_id)


@shared_task(name="catalog.sweep_imports")
def sweep_imports(**_: object) -> None:
    in_every_shop(lambda shop: services.sweep_imports(shop=shop))


@shared_task(name="catalog.start_due_feeds")
def start_due_feeds(**_: object) -> None:
    in_every_shop(lambda shop: services.start_due_feeds(shop=shop))
