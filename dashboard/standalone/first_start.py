"""The first start on an empty database: load the sample shop, train it, give it a past. Continues where it was cut off.

    python -m dashboard.standalone.first_start

A milestone in the database says that a step is behind us.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import django

from dashboard.core.tenancy import operator_scope
from dashboard.standalone.reports import Report, send
from dashboard.standalone.sample import SAMPLE_SHOP

SEED = 1


@dataclass(frozen=True)
class Step:
    """`milestone` is reached when `run` returns."""

    stage: str
    milestone: str
    run: Callable[[], str]


def open_steps() -> list[str]:
    """Stages that are still to do; none where the database has shops of its own."""
    from dashboard.standalone import milestones

    remaining = [step for step in _steps() if not milestones.has_reached(step.milestone)]
    if len(remaining) == len(_steps()) and _has_own_shops():
        return []
    return [step.stage for step in remaining]


def has_sample() -> bool:
    """Whether the sample shop is there (its merchant may have deleted it)."""
    from dashboard.accounts.selectors import has_sample_shop

    return has_sample_shop()


@operator_scope("the first start makes the sample shop")
def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    from dashboard.standalone import milestones

    for step in _steps():
        if milestones.has_reached(step.milestone):
            continue
        send(Report(step.stage))
        text = step.run()
        milestones.reach(step.milestone)
        send(Report(step.stage, text, 1.0, done=True))


def _steps() -> list[Step]:
    from dashboard.standalone import milestones

    return [
        Step("import", milestones.SAMPLE_LOADED, _load),
        Step("train", milestones.SAMPLE_TRAINED, _train),
        Step("history", milestones.SAMPLE_LIVED, _live),
    ]


def _has_own_shops() -> bool:
    from dashboard.accounts.models import Shop

    return Shop.objects.filter(is_sample=False).exists()


def _load() -> str:
    from dashboard.standalone.sample.loader import load_sample

    shop = load_sample(report=lambda text, share: send(Report("import", text, share)))
    return f"{shop.name}: a real retailer's catalog and a year of its orders"


def _train() -> str:
    from dashboard.accounts.selectors import shop_by_slug
    from dashboard.standalone.trainings import train, why_unpublished
    from dashboard.training import selectors

    shop = shop_by_slug(SAMPLE_SHOP)
    run = train(shop, lambda text, share: send(Report("train", text, share)))
    if objection := why_unpublished(run):
        return f"no model yet: {objection} (best sellers are shown until one is published)"
    return f"model {selectors.active_artifact(shop)} is published"


def _live() -> str:
    """The month before: simulated visits, and between them what the merchant did (story.py)."""
    from dashboard.accounts.selectors import merchant_of, shop_by_slug
    from dashboard.core import clock
    from dashboard.standalone.story import DAYS, Story
    from dashboard.standalone.traffic.calendar import planned_visits
    from dashboard.standalone.traffic.crew import Crew
    from dashboard.standalone.traffic.live import Totals
    from dashboard.standalone.trainings import date_run, train, why_unpublished
    from dashboard.training.selectors import runs

    shop, now = shop_by_slug(SAMPLE_SHOP), clock.now()
    visits = planned_visits(days=DAYS, now=now, zone=shop.timezone, seed=SEED)

    def report(totals: Totals) -> None:
        text = f"{totals.visits:,} visits, {totals.slates:,} slates, {totals.events:,} events"
        send(Report("history", text, totals.visits / max(len(visits), 1)))

    held_back: list[str] = []

    def retrain(meanwhile: Callable[[], object]) -> None:
        said = lambda text, share: send(Report("history", f"a second training: {text}", share))  # noqa: E731
        run = train(shop, said, again=True, meanwhile=meanwhile)
        held_back.append(why_unpublished(run))
        if run is not None:
            date_run(run, clock.now())

    if trained := runs(shop):
        date_run(trained[-1], now - timedelta(days=DAYS, hours=6))
    with Crew(shop, visits, seed=SEED, now=now) as crew:
        live = partial(crew.live_until, report=report)
        Story(shop, now=now, by=merchant_of(shop), live=live, retrain=retrain).tell()
        totals = crew.totals
    told = f"{totals.visits:,} simulated visits in the past {DAYS} days, {totals.slates:,} slates"
    return "; no second model: ".join([told, *filter(None, held_back)])


if __name__ == "__main__":
    main()
