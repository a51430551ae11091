"""From a question to a decision: draft, start, stop, publish the winner. Each step leaves an audit entry."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.core.jobs import enqueue
from dashboard.experiments.models import Experiment, Variant
from dashboard.experiments.services.arms import Arm, alike_arms, arms_of_now, drafted_arms
from dashboard.experiments.services.assign import forget_running
from dashboard.experiments.services.interleaving import check_interleaved
from dashboard.experiments.services.moments import refresh_moments
from dashboard.experiments.services.terms import Terms, check_terms
from dashboard.policies.models import Placement, Policy
from dashboard.policies.selectors import policy_published_now

DECISION_MAX_LENGTH = 2000


@transaction.atomic
def create_experiment(
    *,
    placement: Placement,
    arms: Sequence[Arm] = (),
    is_aa: bool = False,
    treatment_knobs: Mapping[str, Any] | None = None,
    treatment_rules: Sequence[Any] | None = None,
    treatment_overrides: Sequence[Any] | None = None,
    treatment_policy: Policy | None = None,
    name: str = "",
    by: User | None,
    terms: Terms | None = None,
    salt: str = "",
    label: str = "",
) -> Experiment:
    """Draft an experiment: A is the published policy, the others (`arms`, B to H) serve nobody yet.

    `treatment_…`: the one other variant, where `arms` are left out (`Arm`). `is_aa`: two halves see what is published.
    `label` names the key that asked where no person did. Raises `Invalid` with the field where something does not fit,
    or where two variants would be the same.
    """
    terms = terms or Terms()
    check_terms(placement.shop, terms)
    control = policy_published_now(placement)
    only = Arm(treatment_policy, treatment_knobs, treatment_rules, treatment_overrides)
    variants = (
        alike_arms(control)
        if is_aa
        else drafted_arms(placement, control, arms or [only], control_share=terms.control_share, by=by)
    )
    if terms.is_interleaved:
        check_interleaved(variants)
    experiment = Experiment.objects.create(
        shop=placement.shop,
        placement=placement,
        name=(name or _default_name(control, variants, placement, is_aa=is_aa))[:120],
        salt=salt or secrets.token_hex(8),
        traffic_share=terms.traffic_share,
        primary_metric=terms.primary_metric,
        planned_visitors=terms.planned_visitors,
        window_days=terms.window_days,
        exclusion_group=terms.exclusion_group,
        group_end=terms.group_share,
        is_aa=is_aa,
        audience_id=terms.audience_id,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        ramp=[dict(step) for step in terms.ramp],
        is_interleaved=terms.is_interleaved,
        created_by=by,
    )
    for variant in variants:
        variant.experiment = experiment
    Variant.objects.bulk_create(variants)
    audit_experiment(experiment, by, "experiment.created", label=label)
    return experiment


@transaction.atomic
def begin_experiment(
    *, experiment: Experiment, by: User | None, now: datetime | None = None, label: str = ""
) -> Experiment:
    """Let a draft run. A becomes what is published at this moment; rules that were changed since the draft are those of
    the others too. With a ramp it begins with the first of its shares.

    Raises `Conflict` where another one runs, and where one of its variants is published by now.
    """
    experiment = _locked(experiment)
    placement = Placement.objects.select_for_update().get(pk=experiment.placement_id)
    if experiment.state != Experiment.State.DRAFT:
        raise errors.Conflict(_("This experiment was started before; it cannot be started again."))
    if Experiment.objects.filter(placement=placement, state=Experiment.State.RUNNING).exists():
        raise errors.Conflict(
            _("An experiment is running on %(placement)s. Stop it first: visitors can be in one at a time.")
            % {"placement": placement.name}
        )
    moment = now or clock.now()
    if experiment.ends_at is not None and experiment.ends_at <= moment:
        raise errors.Conflict(_("The time at which it was to end has passed."))
    arms_of_now(experiment, policy_published_now(placement), by)
    if experiment.ramp:
        experiment.traffic_share = experiment.ramp[0]["share"]
    experiment.group_start, experiment.group_end = _free_slice(experiment)
    experiment.state, experiment.started_at = Experiment.State.RUNNING, moment
    experiment.save()
    forget_running(placement.pk)
    audit_experiment(experiment, by, "experiment.started", label=label)
    enqueue("experiments.predict", shop_id=experiment.shop_id, experiment_id=experiment.pk)
    return experiment


@transaction.atomic
def start_experiment(*, placement: Placement, by: User | None, now: datetime | None = None, **draft: Any) -> Experiment:
    """Create and begin in one step; arguments as of `create_experiment`."""
    experiment = create_experiment(placement=placement, by=by, **draft)
    return begin_experiment(experiment=experiment, by=by, now=now)


@transaction.atomic
def stop_experiment(*, experiment: Experiment, by: User | None, decision: str = "", label: str = "") -> Experiment:
    """Every visitor gets the published policy again. Results stay; it cannot be started again. `decision`: why."""
    refresh_moments(experiment)
    experiment = end_experiment(experiment, Experiment.State.STOPPED, decision)
    audit_experiment(experiment, by, "experiment.stopped", label=label, **noted(experiment))
    return experiment


def end_experiment(experiment: Experiment, state: str, decision: str) -> Experiment:
    """The step that stopping and shipping share. Raises `Conflict` where it is not running."""
    experiment = _locked(experiment)
    if experiment.state != Experiment.State.RUNNING:
        raise errors.Conflict(_("This experiment is not running."))
    experiment.state, experiment.ended_at, experiment.decision = state, clock.now(), decision.strip()
    experiment.save(update_fields=["state", "ended_at", "decision"])
    forget_running(experiment.placement_id)
    return experiment


def _locked(experiment: Experiment) -> Experiment:
    return Experiment.objects.select_for_update(of=("self",)).select_related("shop", "placement").get(pk=experiment.pk)


def _default_name(control: Policy, variants: Sequence[Variant], placement: Placement, *, is_aa: bool) -> str:
    if is_aa:
        return _("A/A test on %(placement)s") % {"placement": placement.name}
    moved = {
        key: None
        for variant in variants
        for key, value in variant.policy.knobs.items()
        if control.knobs.get(key) != value
    }
    words = ", ".join(moved).replace("_", " ").capitalize()
    if not words:
        words = _("No recommendations") if any(variant.shows_nothing for variant in variants) else _("Rules")
    return _("%(knobs)s on %(placement)s") % {"knobs": words, "placement": placement.name}


def _free_slice(experiment: Experiment) -> tuple[float, float]:
    """The first gap of the exclusion group that is wide enough, among its running experiments."""
    width = experiment.group_size
    if not experiment.exclusion_group:
        return 0.0, 1.0
    Shop.objects.select_for_update(no_key=True).get(pk=experiment.shop_id)  # one at a time: two must not find one gap
    taken = Experiment.objects.filter(
        shop_id=experiment.shop_id, exclusion_group=experiment.exclusion_group, state=Experiment.State.RUNNING
    )
    start = 0.0
    for left, right in taken.order_by("group_start").values_list("group_start", "group_end"):
        if left - start >= width - 1e-9:
            break
        start = max(start, right)
    if start + width > 1 + 1e-9:
        raise errors.Conflict(
            _("The group “%(group)s” has no room left: its running experiments already take the visitors.")
            % {"group": experiment.exclusion_group}
        )
    return start, start + width


def noted(experiment: Experiment) -> dict[str, str]:
    return {"note": experiment.decision} if experiment.decision else {}


def audit_experiment(experiment: Experiment, by: User | None, action: str, **detail: Any) -> None:
    record_audit(
        shop=experiment.shop, actor=by, action=action, subject=experiment.name, experiment=experiment.pk, **detail
    )
