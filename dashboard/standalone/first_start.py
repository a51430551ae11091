"""The first start on an empty database: load the sample shop, train it, give it a past. Continues where it was cut off.

    python -m dashboard.standalone.first_start

Each step is a management command; a milestone in the database says that it is behind us.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import django
from django.core.management import call_command

from dashboard.standalone.reports import Report, send

SAMPLE_SHOP = "sample"
BACKFILL_DAYS = 28


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
    from dashboard.accounts.selectors import shop_by_slug
    from dashboard.core.errors import NotFound

    try:
        shop_by_slug(SAMPLE_SHOP)
    except NotFound:
        return False
    return True


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

    return Shop.objects.exclude(slug=SAMPLE_SHOP).exists()


def _load() -> str:
    call_command("load_sample", stdout=sys.stderr)
    return "the sample shop is loaded"


def _train() -> str:
    call_command("retrain", shop=SAMPLE_SHOP, preset="fast", wait=True, stdout=sys.stderr)
    return "the sample shop's model is published"


def _live() -> str:
    """Weeks of simulated visits, so that the first page shows an experiment with results."""
    output = io.StringIO()
    call_command("simulate", shop=SAMPLE_SHOP, backfill_days=BACKFILL_DAYS, json=True, stdout=output)
    totals = json.loads(output.getvalue())
    return f"{totals['visits']} simulated visits in the past {BACKFILL_DAYS} days"


if __name__ == "__main__":
    main()
