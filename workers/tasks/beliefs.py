"""What is believed of visitors and items, learned while they behave."""

from celery import shared_task

from dashboard.beliefs.services import learn_anew, learn_what_came
from workers.shops import in_every_shop


@shared_task(name="beliefs.learn")
def learn(**_: object) -> None:
    """What arrived in the last seconds; the whole log of a shop without beliefs."""
    in_every_shop(lambda shop: learn_what_came(shop=shop))


@shared_task(name="beliefs.learn_anew")
def learn_all_anew(**_: object) -> None:
    """How visitors tire, and what every item earned, from the log."""
    in_every_shop(lambda shop: learn_anew(shop=shop))
