"""What visitors do between two runs."""

from celery import shared_task

from dashboard.updates.services import learn_anew_if_rewritten, learn_updates
from workers.shops import in_every_shop


@shared_task(name="updates.learn")
def learn(**_: object) -> None:
    """What arrived in the last seconds; where nothing is known yet, all since the snapshot of what serves."""
    in_every_shop(lambda shop: learn_updates(shop=shop))


@shared_task(name="updates.learn_anew")
def learn_anew(**_: object) -> None:
    """All since the snapshot, of shops where visitors were joined, erased or marked meanwhile."""
    in_every_shop(lambda shop: learn_anew_if_rewritten(shop=shop))
