"""Feeds of the catalog."""

from celery import shared_task

from dashboard.accounts.selectors import all_shops
from dashboard.catalog import services
from dashboard.core.tenancy import shop_scope


@shared_task(name="catalog.import_feed")
def import_feed(*, import_id: int, **_: object) -> None:
    services.run_import(import_id=import_id)


@shared_task(name="catalog.sweep_imports")
def sweep_imports(**_: object) -> None:
    for shop in all_shops():
        with shop_scope(shop.pk):
            services.sweep_imports(shop=shop)


@shared_task(name="catalog.start_due_feeds")
def start_due_feeds(**_: object) -> None:
    for shop in all_shops():
        with shop_scope(shop.pk):
            services.start_due_feeds(shop=shop)
