"""What a sent start form begins."""

from dashboard.accounts.models import User
from dashboard.experiments.forms import NOTHING, StartForm
from dashboard.experiments.models import Experiment
from dashboard.experiments.services import Arm, Terms, create_experiment, start_experiment, try_draft
from dashboard.experiments.start_page import plan_of, screening_of
from dashboard.policies.models import Placement
from dashboard.policies.selectors import policy_of


def begun_from(form: StartForm, placement: Placement, *, by: User, as_draft: bool) -> Experiment:
    """Start what a valid form describes, or draft it: one that has a time to start waits for it. Raises as the
    services do."""
    terms = terms_of(placement, form)
    make = create_experiment if as_draft or terms.starts_at is not None else start_experiment
    words = {"name": form.cleaned_data["name"], "by": by, "terms": terms}
    if form.kind_of_b == "aa":
        return make(placement=placement, is_aa=True, **words)
    others = [_arm(placement, form, key, what) for key, what in form.others.items()]
    if form.kind_of_b == NOTHING:
        return make(placement=placement, arms=[Arm(shows_nothing=True, share=form.share_of("B")), *others], **words)
    return try_draft(
        make=make,
        placement=placement,
        knobs=form.knobs,
        with_rules=form.cleaned_data["with_rules"],
        revision=form.cleaned_data["revision"],
        share=form.share_of("B"),
        others=others,
        **words,
    )


def terms_of(placement: Placement, form: StartForm) -> Terms:
    return Terms(
        primary_metric=form.metric,
        traffic_share=form.traffic_share,
        planned_visitors=_planned(placement, form),
        is_interleaved=form.is_interleaved,
        exclusion_group=form.cleaned_data["exclusion_group"],
        group_share=form.group_share,
        control_share=form.share_of("A"),
        audience_id=form.cleaned_data["audience"],
        starts_at=form.cleaned_data["starts_at"],
        ends_at=form.cleaned_data["ends_at"],
        ramp=form.ramp_steps,
    )


def _arm(placement: Placement, form: StartForm, key: str, what: str) -> Arm:
    if what == NOTHING:
        return Arm(shows_nothing=True, share=form.share_of(key))
    return Arm(policy=policy_of(placement.shop, int(what)), share=form.share_of(key))


def _planned(placement: Placement, form: StartForm) -> int:
    if form.is_interleaved:
        return screening_of(placement, form).visitors
    return plan_of(placement, form, form.metric).planned_visitors
