"""What exploring cost and what it found."""

from celery import shared_task

from dashboard.ledger.services import sum_closed_days
from workers.shops import in_every_shop


@shared_task(name="ledger.sum")
def sum_days(**_: object) -> None:
    """Days that ended, or changed since they were summed."""
    in_every_shop(lambda shop: sum_closed_days(shop=shop), pace="ledger.sum")
