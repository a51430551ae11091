"""What members of segments did, summed."""

from celery import shared_task

from dashboard.segments.figures import sum_due_figures, sum_figures
from workers.shops import in_every_shop, in_shop


@shared_task(name="segments.sum_figures")
def sum_now(*, shop_id: int, **_: object) -> None:
    """Of a shop that shows another artifact."""
    in_shop(shop_id, lambda shop: sum_figures(shop=shop))


@shared_task(name="segments.sum_due")
def sum_due(**_: object) -> None:
    """Where a day is over, somebody was erased, or a message was lost."""
    in_every_shop(lambda shop: sum_due_figures(shop=shop))
