"""Daily sums of behaviour."""

from celery import shared_task

from dashboard.core import clock
from dashboard.events.services import (
    forget_old_events,
    join_late_events,
    keep_partitions,
    mark_too_fast,
    refresh_daily_kpis,
)
from workers.shops import in_every_shop


@shared_task(name="events.rollup")
def rollup(**_: object) -> None:
    """Today and yesterday of every shop, in its own zone."""
    in_every_shop(
        lambda shop: refresh_daily_kpis(shop=shop, days=clock.latest_days(shop.timezone, 2)), pace="events.rollup"
    )


@shared_task(name="events.rollup_all")
def rollup_all(**_: object) -> None:
    """Every day: late events, erased visitors and imported histories change days that are over."""
    in_every_shop(lambda shop: refresh_daily_kpis(shop=shop))


@shared_task(name="events.find_bots")
def find_bots(**_: object) -> None:
    """Visitors of the last hour that were too fast for people."""
    in_every_shop(lambda shop: mark_too_fast(shop=shop))


@shared_task(name="events.keep_house")
def keep_house(**_: object) -> None:
    """Months of the tables made ahead, and what is older than installation and shops keep forgotten."""
    keep_partitions()
    in_every_shop(lambda shop: forget_old_events(shop=shop))


@shared_task(name="events.join_visitors")
def join_visitors(**_: object) -> None:
    """Events that arrived after their visitor was merged into another."""
    in_every_shop(lambda shop: join_late_events(shop=shop))
