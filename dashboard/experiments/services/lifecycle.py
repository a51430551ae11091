"""From a question to a decision: draft, start, stop, publish the winner. Each step leaves an audit entry."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.experiments.metrics import DEFAULT_PRIMARY, METRICS
from dashboard.experiments.models import Experiment, Variant
from dashboard.experiments.risks import unaccepted
from dashboard.experiments.selectors.planning import MAX_PLANNED_VISITORS, MIN_PLANNED_VISITORS
from dashboard.experiments.selectors.results import results_of
from dashboard.experiments.services.assign import forget_running
from dashboard.experiments.services.moments import refresh_moments
from dashboard.policies.models import Placement, Policy
from dashboard.policies.overrides import overrides_of_now
from dashboard.policies.selectors import policy_published_now, rules_of_now
from dashboard.policies.services import propose_policy, publish_tested
from recommender.slate import Knobs

DECISION_MAX_LENGTH = 2000
GROUP_SHARE = 0.5  # of an exclusion group's visitors, so that another finds room
DEFAULT_PLANNED_VISITORS = 5000  # what gbstats tunes its sequential interval for


@dataclass(frozen=True)
class Terms:
    """How an experiment is run; checked by `create_experiment`. `group_share` is its slice of an exclusion group."""

    primary_metric: str = DEFAULT_PRIMARY
    traffic_share: float = 1.0
    planned_visitors: int = DEFAULT_PLANNED_VISITORS
    window_days: int = 7
    exclusion_group: str = ""
    group_share: float = 1.0


@transaction.atomic
def create_experiment(
    *,
    placement: Placement,
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
    """Draft an experiment: A is the published policy, B a new version that serves nobody yet.

    `treatment_knobs` are laid over A's knobs; `treatment_rules` and `treatment_overrides` are all of B's, and A's where
    they are left out. `label` names the key that asked where no person did. Raises `Invalid` with the field where
    something does not fit, or where B would be the same as A.
    """
    terms = terms or Terms()
    _check_terms(terms)
    control = policy_published_now(placement)
    rules = control.rules if treatment_rules is None else treatment_rules
    overrides = control.overrides if treatment_overrides is None else treatment_overrides
    knobs = {**control.knobs, **(treatment_knobs or {})}
    treatment = treatment_policy or _treatment(placement, knobs, rules, overrides, by)
    if treatment.placement_id != placement.pk:
        raise errors.NotFound(_("That policy belongs to another placement."))
    if _is_alike(treatment, control):
        raise errors.Invalid(
            _("B is the same as A. Move at least one knob, or test the rules of the draft."),
            fields={"knobs": _("unchanged")},
        )
    experiment = Experiment.objects.create(
        shop=placement.shop,
        placement=placement,
        name=(name or _default_name(control, treatment))[:120],
        salt=salt or secrets.token_hex(8),
        traffic_share=terms.traffic_share,
        primary_metric=terms.primary_metric,
        planned_visitors=terms.planned_visitors,
        window_days=terms.window_days,
        exclusion_group=terms.exclusion_group,
        group_end=terms.group_share,
        created_by=by,
    )
    for key, policy in {"A": control, "B": treatment}.items():
        Variant.objects.create(experiment=experiment, key=key, name=f"v{policy.version}", policy=policy)
    _audit(experiment, by, "experiment.created", label=label)
    return experiment


@transaction.atomic
def begin_experiment(
    *, experiment: Experiment, by: User | None, now: datetime | None = None, label: str = ""
) -> Experiment:
    """Let a draft run. A becomes what is published at this moment; rules that were changed since the draft are B's too.

    Raises `Conflict` where another one runs, and where B is published by now.
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
    control, drafted = policy_published_now(placement), _policies(experiment)
    rules = rules_of_now(drafted["B"].rules, drafted["A"].rules, control.rules)
    overrides = overrides_of_now(drafted["B"].overrides, drafted["A"].overrides, control.overrides)
    wanted = Knobs.from_dict(drafted["B"].knobs), rules, overrides
    if wanted == (Knobs.from_dict(control.knobs), control.rules, control.overrides):
        raise errors.Conflict(_("What B would try is published by now. Draft another change."))
    experiment.variants.filter(key="A").update(policy=control)
    if (rules, overrides) != (drafted["B"].rules, drafted["B"].overrides):
        _replace_treatment(experiment, drafted["B"], rules, overrides, by)
    experiment.group_start, experiment.group_end = _free_slice(experiment)
    experiment.state, experiment.started_at = Experiment.State.RUNNING, now or clock.now()
    experiment.save()
    forget_running(placement.pk)
    _audit(experiment, by, "experiment.started", label=label)
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
    experiment = _end(experiment, Experiment.State.STOPPED, decision)
    _audit(experiment, by, "experiment.stopped", label=label, **_noted(experiment))
    return experiment


def ship_experiment(
    *, experiment: Experiment, by: User | None, decision: str = "", accepted: Collection[str] = (), label: str = ""
) -> Experiment:
    """Stop, and publish B for everyone; rules that were changed while it ran stay as they are published.

    `accepted`: keys of the risks (`risks_of`) that whoever decides takes; the audit keeps them. Raises `Conflict` that
    names those which the data, as of this moment, does not rule out and nobody accepted: nothing has changed then but
    the results, which tell of them.
    """
    refresh_moments(experiment)
    return _ship(experiment, by, decision, accepted, label)


@transaction.atomic
def _ship(experiment: Experiment, by: User | None, decision: str, accepted: Collection[str], label: str) -> Experiment:
    experiment = _end(experiment, Experiment.State.SHIPPED, decision)
    risks = results_of(experiment).risks
    open_risks = unaccepted(risks, accepted)
    if open_risks:
        raise errors.Conflict(
            _("B is not published: %(risks)s Accept this by name, or let the experiment run on.")
            % {"risks": " ".join(risk.sentence for risk in open_risks)},
            fields={risk.key: risk.sentence for risk in open_risks},
        )
    arms = _policies(experiment)
    publish_tested(policy=arms["B"], against=arms["A"], by=by)
    _audit(
        experiment, by, "experiment.shipped", label=label, accepted=[risk.key for risk in risks], **_noted(experiment)
    )
    return experiment


def _end(experiment: Experiment, state: str, decision: str) -> Experiment:
    experiment = _locked(experiment)
    if experiment.state != Experiment.State.RUNNING:
        raise errors.Conflict(_("This experiment is not running."))
    experiment.state, experiment.ended_at, experiment.decision = state, clock.now(), decision.strip()
    experiment.save(update_fields=["state", "ended_at", "decision"])
    forget_running(experiment.placement_id)
    return experiment


def _locked(experiment: Experiment) -> Experiment:
    return Experiment.objects.select_for_update(of=("self",)).select_related("shop", "placement").get(pk=experiment.pk)


def _policies(experiment: Experiment) -> dict[str, Policy]:
    return {arm.key: arm.policy for arm in experiment.variants.select_related("policy__placement")}


def _replace_treatment(
    experiment: Experiment,
    drafted: Policy,
    rules: list[dict[str, Any]],
    overrides: list[dict[str, Any]],
    by: User | None,
) -> None:
    """Both arms obey the same rules, or the experiment would compare those too."""
    policy = _treatment(experiment.placement, drafted.knobs, rules, overrides, by)
    experiment.variants.filter(key="B").update(policy=policy, name=f"v{policy.version}")


def _is_alike(one: Policy, other: Policy) -> bool:
    """Whether they serve the same, however completely their knobs are written down."""
    mine, theirs = ((Knobs.from_dict(each.knobs), each.rules, each.overrides) for each in (one, other))
    return mine == theirs


def _treatment(
    placement: Placement, knobs: Mapping[str, Any], rules: Sequence[Any], overrides: Sequence[Any], by: User | None
) -> Policy:
    return propose_policy(
        placement=placement, knobs=knobs, rules=rules, overrides=overrides, by=by, origin=Policy.Origin.VARIANT
    )


def _default_name(control: Policy, treatment: Policy) -> str:
    changed = [key for key, value in treatment.knobs.items() if control.knobs.get(key) != value]
    return _("%(knobs)s on %(placement)s") % {
        "knobs": ", ".join(changed).replace("_", " ").capitalize() or _("Rules"),
        "placement": treatment.placement.name,
    }


def _check_terms(terms: Terms) -> None:
    problems = {}
    if terms.primary_metric not in METRICS:
        problems["primary_metric"] = _("Choose one of: %(metrics)s.") % {"metrics": ", ".join(METRICS)}
    if not 0 < terms.traffic_share <= 1:
        problems["traffic_share"] = _("Enter a share from 1% to 100%.")
    if not 0 < terms.group_share <= 1:
        problems["group_share"] = _("Enter a share from 1% to 100%.")
    if not 1 <= terms.window_days <= 60:
        problems["window_days"] = _("Enter a number of days from 1 to 60.")
    if not MIN_PLANNED_VISITORS <= terms.planned_visitors <= MAX_PLANNED_VISITORS:
        problems["planned_visitors"] = _("Enter at least %(least)s visitors.") % {"least": MIN_PLANNED_VISITORS}
    if problems:
        raise errors.Invalid(_("Some fields need another value."), fields=problems)


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


def _noted(experiment: Experiment) -> dict[str, str]:
    return {"note": experiment.decision} if experiment.decision else {}


def _audit(experiment: Experiment, by: User | None, action: str, **detail: Any) -> None:
    record_audit(
        shop=experiment.shop, actor=by, action=action, subject=experiment.name, experiment=experiment.pk, **detail
    )
