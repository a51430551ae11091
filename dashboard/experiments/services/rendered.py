"""Experiments of shops that render their slates themselves: who gets which variant, and what they were shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from dashboard.core import clock, errors, ids
from dashboard.events.services import record_exposure
from dashboard.experiments.models import Assignment, Experiment
from dashboard.experiments.services.assign import variants_for

SOURCE = "shop"  # who proposed the items
MOST_VISITORS = 500
LATEST = timedelta(days=1)  # how long ago a slate may have been rendered that is told of now


@dataclass(frozen=True)
class Rendered:
    """A slate that the shop made by itself. `rendered_at` None: now."""

    visitor_id: str
    item_ids: Sequence[str] = ()
    rendered_at: datetime | None = None


@dataclass(frozen=True)
class Counted:
    """The exposure that was logged of it: events name its `recommendation_id`, as of any slate."""

    visitor_id: str
    variant: str
    recommendation_id: UUID


def assign_visitors(*, experiment: Experiment, visitor_ids: Sequence[str]) -> dict[str, str]:
    """{visitor: variant} of those whom the running experiment takes; the first assignment is kept. Raises `Conflict`
    where it is not running, or its visitors have no variants."""
    _refuse_unless_split(experiment)
    now = clock.now()
    found = variants_for(placement_id=experiment.placement_id, seen_at=dict.fromkeys(visitor_ids, now))
    return {visitor: choice.key for visitor, choice in found.items() if choice.experiment_id == experiment.pk}


def record_rendered(
    *, experiment: Experiment, slates: Sequence[Rendered], simulated: bool = False
) -> tuple[list[Counted], dict[int, str]]:
    """Log what visitors of the experiment were shown, each with the variant that was assigned to them. Returns those,
    and {place among the given: why not} of the others. Raises as `assign_visitors`."""
    _refuse_unless_split(experiment)
    now = clock.now()
    variants = {variant.key: variant for variant in experiment.variants.select_related("policy")}
    known = dict(
        Assignment.objects.filter(
            experiment=experiment, visitor_id__in=[slate.visitor_id for slate in slates]
        ).values_list("visitor_id", "variant")
    )
    counted, refused = list[Counted](), dict[int, str]()
    for place, slate in enumerate(slates):
        reason = _refusal(experiment, slate, known, now)
        if reason:
            refused[place] = reason
            continue
        key = known[slate.visitor_id]
        counted.append(Counted(slate.visitor_id, key, ids.time_ordered_uuid()))
        record_exposure(
            shop_id=experiment.shop_id,
            recommendation_id=counted[-1].recommendation_id,
            placement=experiment.placement.slug,
            visitor_id=slate.visitor_id,
            served_at=slate.rendered_at or now,
            policy_version=variants[key].policy.version,
            policy_hash="",
            temperature=0.0,
            seed=0,
            items=_items(slate),
            experiment_id=experiment.pk,
            variant=key,
            simulated=simulated,
        )
    return counted, refused


def _refuse_unless_split(experiment: Experiment) -> None:
    if experiment.state != Experiment.State.RUNNING or experiment.is_interleaved:
        raise errors.Conflict(_("It is not running, or its visitors have no variants."))


def _refusal(experiment: Experiment, slate: Rendered, known: dict[str, str], now: datetime) -> str:
    if slate.visitor_id not in known:
        return _("The visitor was not in the experiment: ask for the assignment first.")
    began = max(experiment.started_at or now, now - LATEST)
    if slate.rendered_at is not None and not began <= slate.rendered_at <= now:
        return _("The moment must be within the last day, and while the experiment runs.")
    return ""


def _items(slate: Rendered) -> list[dict[str, object]]:
    return [
        {"item_id": item_id, "position": position, "source": SOURCE, "explore": False}
        for position, item_id in enumerate(slate.item_ids, start=1)
    ]
