"""What else changed in the shop while an experiment ran, for all of its variants at once."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from django.db.models import F

from dashboard.catalog.models import FeedImport
from dashboard.core import clock
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors.lists import rule_changes_during
from dashboard.training.models import Artifact

LEAST_OF_FEED = 0.05  # share of its rows that are new or changed: what is refreshed each night marks no day


@dataclass(frozen=True)
class Mark:
    """A day of the shop on which something changed. `what`: the version of a model, the name of a feed."""

    at: datetime
    day: date
    kind: Literal["rules", "model", "feed"]
    what: str = ""


def marks_during(experiment: Experiment) -> list[Mark]:
    """Oldest first."""
    if experiment.started_at is None:
        return []
    zone = ZoneInfo(experiment.shop.timezone)
    found: list[tuple[datetime, Literal["rules", "model", "feed"], str]] = [
        *((policy.published_at, "rules", "") for _before, policy in rule_changes_during(experiment)
          if policy.published_at),
        *((made.published_at, "model", str(made.version)) for made in _models(experiment) if made.published_at),
        *((read.ended_at, "feed", read.name) for read in _feeds(experiment) if read.ended_at),
    ]  # fmt: skip
    return [Mark(at, at.astimezone(zone).date(), kind, what) for at, kind, what in sorted(found)]


def _span(experiment: Experiment) -> tuple[datetime | None, datetime]:
    return experiment.started_at, experiment.ended_at or clock.now()


def _models(experiment: Experiment) -> list[Artifact]:
    return list(Artifact.objects.filter(shop=experiment.shop_id, published_at__range=_span(experiment)))


def _feeds(experiment: Experiment) -> list[FeedImport]:
    read = FeedImport.objects.filter(
        shop=experiment.shop_id,
        state=FeedImport.State.DONE,
        dry_run=False,
        ended_at__range=_span(experiment),
        rows__gt=0,
    )
    return list(read.annotate(altered=F("new") + F("changed")).filter(altered__gte=F("rows") * LEAST_OF_FEED))
