"""Figures of visitors, which audiences are judged by."""

from typing import Any

from celery import shared_task

from dashboard.audiences.services import (
    count_all_visitors,
    count_visitors,
    follow_audiences,
    forget_old_changes,
    sum_weeks,
)
from dashboard.core import clock
from dashboard.events.services import kept_since
from workers.shops import in_every_shop


@shared_task(name="audiences.count")
def count(**_: object) -> None:
    """Visitors of whom something arrived, and then who entered and left audiences by it."""
    in_every_shop(_count_and_follow, pace="audiences.count")


@shared_task(name="audiences.count_all")
def count_all(**_: object) -> None:
    """Every visitor: what was forgotten or joined late changes figures that are old."""
    in_every_shop(_count_all)


@shared_task(name="audiences.sum_weeks")
def sum_week_after_week(**_: object) -> None:
    """What the week changed of audiences and segments."""
    in_every_shop(lambda shop: sum_weeks(shop=shop))


def _count_and_follow(shop: Any) -> None:
    count_visitors(shop=shop)
    follow_audiences(shop=shop)


def _count_all(shop: Any) -> None:
    count_all_visitors(shop=shop, kept_since=kept_since(shop, clock.now()))
    forget_old_changes(shop=shop)
