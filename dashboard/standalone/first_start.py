"""The first start on an empty database: load the sample shop, train it, give it a past. Continues where it was cut off.

    python -m dashboard.standalone.first_start

A milestone in the database says that a step is behind us.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import django

from dashboard.core.tenancy import operator_scope
from dashboard.standalone.reports import Report, send
from dashboard.standalone.sample import SAMPLE_SHOP

if TYPE_CHECKING:
    from dashboard.training.models import Run

BACKFILL_DAYS, BACKFILL_SEED = 28, 1
POLL_SECONDS = 0.5
LABEL = "first start"


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
    """By the train worker that already runs. A run that an interrupted start left behind is followed, not doubled."""
    from dashboard.accounts.selectors import shop_by_slug
    from dashboard.training import selectors, services
    from dashboard.training.models import Run

    shop = shop_by_slug(SAMPLE_SHOP)
    run = selectors.active_run(shop)
    if run is None and selectors.active_artifact(shop) is None:
        run = services.start_run(shop=shop, preset=Run.Preset.FAST, trigger=Run.Trigger.COMMAND, label=LABEL)
    while run and run.state in Run.ACTIVE_STATES:
        send(Report("train", _doing(run), run.progress))
        time.sleep(POLL_SECONDS)
        run = selectors.run(shop, run.pk)
    if run and run.state != Run.State.PUBLISHED:
        return (
            f"no model yet: run {run.pk} was {run.state}: {run.reason} (best sellers are shown until one is published)"
        )
    return f"model {selectors.active_artifact(shop)} is published"


def _doing(run: "Run") -> str:
    from dashboard.training.stages import label_of

    return str(label_of(run.stage)) if run.stage else "waiting for the worker"


def _live() -> str:
    """Weeks of simulated visits, so that the first page shows an experiment with results."""
    from dashboard.accounts.selectors import shop_by_slug
    from dashboard.standalone.traffic.crew import processes_here
    from dashboard.standalone.traffic.live import Totals
    from dashboard.standalone.traffic.past import live_through_past

    def report(totals: Totals) -> None:
        text = f"{totals.visits:,} visits, {totals.slates:,} slates, {totals.events:,} events"
        send(Report("history", text, min(totals.visits / (BACKFILL_DAYS * VISITS_A_DAY), 1.0)))

    from dashboard.standalone.traffic.calendar import VISITS_A_DAY

    stop = threading.Event()  # of nobody: a stop of bin/up ends the whole process, and the next start does this again
    shop, processes = shop_by_slug(SAMPLE_SHOP), processes_here()
    totals = live_through_past(
        shop, seed=BACKFILL_SEED, days=BACKFILL_DAYS, stop=stop, report=report, processes=processes
    )
    return f"{totals.visits:,} simulated visits in the past {BACKFILL_DAYS} days, {totals.slates:,} slates"


if __name__ == "__main__":
    main()
