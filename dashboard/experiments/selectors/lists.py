"""Which experiments a shop has."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from dashboard.accounts.models import AuditEntry, Shop
from dashboard.core import clock, errors
from dashboard.experiments.models import Assignment, DailyMoment, Experiment
from dashboard.experiments.report_links import ReportLink
from dashboard.experiments.verdict_kinds import DECISIVE
from dashboard.policies.models import Placement, Policy

_ORDER = {"running": 0, "draft": 1}


def experiments_of(shop: Shop) -> QuerySet[Experiment]:
    """Newest first, with placement and variants."""
    return (
        Experiment.objects.filter(shop=shop)
        .select_related("shop", "placement")
        .prefetch_related("variants__policy")
        .order_by("-created_at", "-pk")
    )


def experiment_of(shop: Shop, experiment_id: int) -> Experiment:
    """Raises `NotFound`, for another shop's too."""
    found = experiments_of(shop).filter(pk=experiment_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such experiment in this shop."))
    return found


def sorted_for_list(shop: Shop) -> list[Experiment]:
    """Running ones first, then drafts, then what has ended; without those in the archive."""
    listed = experiments_of(shop).filter(archived_at__isnull=True)
    return sorted(listed, key=lambda experiment: _ORDER.get(experiment.state, 2))


def archived_count(shop: Shop) -> int:
    """How many the list leaves out."""
    return Experiment.objects.filter(shop=shop, archived_at__isnull=False).count()


def running_on(placement: Placement) -> Experiment | None:
    return Experiment.objects.filter(placement=placement, state=Experiment.State.RUNNING).first()


def exclusion_groups(shop: Shop) -> list[str]:
    """The groups that its experiments are in, by name."""
    named = Experiment.objects.filter(shop=shop).exclude(exclusion_group="").order_by("exclusion_group")
    return list(named.values_list("exclusion_group", flat=True).distinct())


def ready_experiments(shop: Shop) -> QuerySet[Experiment]:
    """Running ones that wait for a decision, by the verdict of the last refresh; the oldest first."""
    waiting = Experiment.objects.filter(shop=shop, state=Experiment.State.RUNNING, verdict__in=DECISIVE)
    return waiting.order_by("started_at", "pk")


def ready_count(shop: Shop) -> int:
    """How many running experiments wait for a decision; cheap, for the badge of every page."""
    return ready_experiments(shop).count()


def history_of(experiment: Experiment) -> QuerySet[AuditEntry]:
    """What people did to it, newest first."""
    return AuditEntry.objects.filter(shop=experiment.shop, detail__experiment=experiment.pk).order_by("-created_at")


def rule_changes_during(experiment: Experiment) -> list[tuple[Policy, Policy]]:
    """(what was published before, the version) for each that changed the rules while it ran; they acted in all
    variants at once. Oldest first."""
    published = Policy.objects.filter(placement=experiment.placement_id, published_at__isnull=False)
    ordered = list(published.order_by("published_at", "version"))
    return [
        (before, policy)
        for before, policy in pairwise(ordered)
        if policy.rules != before.rules and _is_running_at(experiment, policy.published_at)
    ]


def _is_running_at(experiment: Experiment, moment: datetime | None) -> bool:
    """Publishing B is not among it: it is what ended the experiment."""
    if experiment.started_at is None or moment is None:
        return False
    return experiment.started_at <= moment < (experiment.ended_at or clock.now())


def kept_assignments(shop: Shop, visitor_id: str) -> list[dict[str, Any]]:
    """The variants that a visitor was assigned to."""
    rows = Assignment.objects.filter(experiment__shop=shop, visitor_id=visitor_id).order_by("assigned_at")
    return [dict(row) for row in rows.values("experiment_id", "variant", "assigned_at")]


def moments_by_day(experiment: Experiment) -> QuerySet[DailyMoment]:
    """All that was summed up of it."""
    return DailyMoment.objects.filter(experiment=experiment).order_by("day", "variant", "metric")


def experiment_by_key(shop_id: int, experiment_id: int) -> Experiment | None:
    """For a job that was sent: it may be gone by now."""
    found = Experiment.objects.filter(shop_id=shop_id, pk=experiment_id)
    return found.select_related("shop", "placement").prefetch_related("variants__policy").first()


def experiment_of_link(link: ReportLink) -> Experiment:
    """What a link of a report shows. Raises `NotFound` where it was taken back, or the experiment is gone. Call it in
    the scope of the link's shop."""
    found = experiment_by_key(link.shop_id, link.experiment_id)
    if found is None or not found.report_key or not constant_time_compare(found.report_key, link.key):
        raise errors.NotFound("This link leads nowhere: it has expired or was taken back.")
    return found
