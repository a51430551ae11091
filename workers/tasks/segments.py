"""What members of segments did, summed."""

from celery import shared_task

from dashboard.accounts.selectors import shop_by_id
from dashboard.core.tenancy import shop_scope
from dashboard.segments.figures import sum_due_figures, sum_figures
from workers.shops import in_every_shop


@shared_task(name="segments.sum_figures")
def sum_now(*, shop_id: int, **_: object) -> None:
    """Of a shop that shows another artifact."""
    with shop_scope(shop_id):
        if shop := shop_by_id(shop_id):
            sum_figures(shop=shop)


@shared_task(name="segments.sum_due")
def sum_due(**_: object) -> None:
    """Where a day is over, somebody was erased, or a message was lost."""
    in_every_shop(lambda shop: sum_due_figures(shop=shop))
