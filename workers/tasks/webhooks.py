"""Telling shops who enters and leaves their audiences."""

from celery import shared_task

from dashboard.core.tenancy import shop_scope
from dashboard.webhooks import services
from dashboard.webhooks.selectors import shops_with_endpoints
from workers.shops import in_every_shop


@shared_task(name="webhooks.sweep")
def sweep(**_: object) -> None:
    """Asked every few seconds: only shops that have webhooks cost anything."""
    telling = shops_with_endpoints()
    if telling:
        in_every_shop(lambda shop: services.sweep_webhooks(shop=shop))


@shared_task(name="webhooks.send")
def send(*, shop_id: int, endpoint_id: int, **_: object) -> None:
    with shop_scope(shop_id):
        services.send_waiting(endpoint_id=endpoint_id)
