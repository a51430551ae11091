"""Figures of visitors, which audiences are judged by."""

from celery import shared_task

from dashboard.audiences.services import count_all_visitors, count_visitors
from dashboard.core import clock
from dashboard.events.services import kept_since
from workers.shops import in_every_shop


@shared_task(name="audiences.count")
def count(**_: object) -> None:
    """Visitors of whom something arrived."""
    in_every_shop(lambda shop: count_visitors(shop=shop))


@shared_task(name="audiences.count_all")
def count_all(**_: object) -> None:
    """Every visitor: what was forgotten or joined late changes figures that are old."""
    in_every_shop(lambda shop: count_all_visitors(shop=shop, kept_since=kept_since(shop, clock.now())))
