"""What experiments do by themselves: begin and end at their time, take more visitors step by step, stop on harm."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.core.each import each_on_its_own
from dashboard.core.tenancy import operator_scope, shop_scope
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors.results import results_of
from dashboard.experiments.services.assign import forget_running
from dashboard.experiments.services.lifecycle import begin_experiment, stop_experiment

logger = logging.getLogger(__name__)


def keep_schedule(*, now: datetime | None = None) -> int:
    """Do what is due; returns how many experiments changed. Running it twice changes nothing."""
    moment = now or clock.now()
    with operator_scope("experiments of every shop are begun and ended by one job"):
        due = list(Experiment.objects.filter(_may_be_due(moment)).order_by("pk"))

    def keep(experiment: Experiment) -> bool:
        with shop_scope(experiment.shop_id):
            return _keep(experiment, moment)

    return sum(each_on_its_own(due, keep))


def due_share(experiment: Experiment, now: datetime) -> float:
    """The share of the visitors that the ramp has reached; it never falls."""
    if experiment.started_at is None:
        return experiment.traffic_share
    days = (now - experiment.started_at) / clock.DAY
    return max([experiment.traffic_share, *(step["share"] for step in experiment.ramp if step["day"] <= days)])


def _may_be_due(now: datetime) -> Q:
    running = Q(state=Experiment.State.RUNNING)
    begins = Q(state=Experiment.State.DRAFT, starts_at__lte=now)
    return begins | running & (Q(ends_at__lte=now) | ~Q(ramp=[]))


def _keep(experiment: Experiment, now: datetime) -> bool:
    if experiment.state == Experiment.State.DRAFT:
        return _begin(experiment, now)
    if harm := _harm_of(experiment):
        return _stop(experiment, _("It stopped itself: %(harm)s") % {"harm": harm})
    if experiment.ends_at is not None and experiment.ends_at <= now:
        return _stop(experiment, _("It ended at the time that was set."))
    return _raise_share(experiment.pk, now)


def _begin(experiment: Experiment, now: datetime) -> bool:
    """Where it cannot begin, the time is taken from it and the history says why: nobody would see a job's failure."""
    try:
        begin_experiment(experiment=experiment, by=None, now=now)
    except errors.Conflict as refusal:
        Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.DRAFT).update(starts_at=None)
        _audit(experiment, "experiment.start_failed", note=refusal.message)
    return True


def _stop(experiment: Experiment, why: str) -> bool:
    try:
        stop_experiment(experiment=experiment, by=None, decision=why)
    except errors.Conflict:
        return False  # somebody ended it meanwhile
    return True


def _harm_of(experiment: Experiment) -> str:
    """What a variant does worse for certain, while the experiment takes more visitors by steps; empty: nothing."""
    if not experiment.ramp:
        return ""
    results = results_of(experiment)
    if not results.trust.split_as_planned:
        return ""  # such figures say nothing, of harm either
    for versus in results.versus:
        for guard in versus.guards:
            if guard.state == "harmed":
                return _("%(metric)s got worse beyond the limit with variant %(variant)s.") % {
                    "metric": guard.metric.label,
                    "variant": versus.variant,
                }
    return ""


@transaction.atomic
def _raise_share(experiment_id: int, now: datetime) -> bool:
    """Whom it took it keeps: who is below the old share is below the new one."""
    experiment = Experiment.objects.select_for_update(of=("self",)).select_related("shop").get(pk=experiment_id)
    share = due_share(experiment, now)
    if experiment.state != Experiment.State.RUNNING or share <= experiment.traffic_share:
        return False
    before, experiment.traffic_share = experiment.traffic_share, share
    experiment.save(update_fields=["traffic_share"])
    forget_running(experiment.placement_id)
    _audit(experiment, "experiment.ramped", changes={"traffic_share": [before, share]})
    return True


def _audit(experiment: Experiment, action: str, **detail: Any) -> None:
    record_audit(
        shop=experiment.shop, actor=None, action=action, subject=experiment.name, experiment=experiment.pk, **detail
    )
