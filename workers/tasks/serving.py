"""What is made ready for the pages of placements."""

from celery import shared_task

from dashboard.serving.estimates import make_ready
from workers.shops import in_every_shop, in_shop


@shared_task(name="serving.make_ready")
def make_estimates_ready(*, shop_id: int | None = None, **_: object) -> None:
    """New slates of placements whose drafts somebody has estimated lately; of every shop, or of one."""
    if shop_id is None:
        in_every_shop(lambda shop: make_ready(shop=shop))
        return
    in_shop(shop_id, lambda shop: make_ready(shop=shop))
