"""The form that starts an experiment: what it begins with, and the plan that follows from what is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.audiences.selectors import audiences_of
from dashboard.core.knob_words import KNOB_WORDS
from dashboard.experiments import selectors
from dashboard.experiments.forms import KINDS_OF_B, METHODS, NOTHING, OTHERS, RAMPS, StartForm
from dashboard.experiments.metrics import DEFAULT_PRIMARY
from dashboard.experiments.services import GROUP_SHARE
from dashboard.policies.models import Placement, Policy
from dashboard.policies.selectors import Proposal, policy_published_now, policy_versions, proposal_of
from dashboard.policies.services import placements_at_hand
from dashboard.policies.wording import rule_changes
from recommender.slate import KNOB_NAMES, Knobs

MOST_VERSIONS = 30  # that are offered, the newest


@dataclass(frozen=True)
class KnobField:
    """A slider of B: A's value is its mark, and where it begins unless a draft moves it."""

    name: str
    label: str
    value: float
    control: float

    @property
    def percent(self) -> float:
        return round(self.control * 100, 1)


def start_page(shop: Shop, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it was sent, or as the placement's draft begins it."""
    placements = placements_at_hand(shop)
    free = [placement for placement in placements if selectors.running_on(placement) is None]
    asked = sent.get("placement", "")
    chosen = next((entry for entry in placements if entry.slug == asked), (free or placements)[0])
    form = StartForm({**sent, "placement": chosen.slug})
    form.is_valid()
    proposal, deciding = proposal_of(chosen), selectors.deciding_metrics(shop)
    metric = form.metric if form.metric in deciding else DEFAULT_PRIMARY
    plan = plan_of(chosen, form, metric)
    return {
        "shop": shop,
        "form": form,
        "placements": placements,
        "chosen": chosen,
        "knobs": _knob_fields(chosen, proposal, form.knobs),
        "plan": plan,
        "methods": METHODS,
        "screening": screening_of(chosen, form) if form.is_interleaved else None,
        "busy_with": selectors.running_on(chosen),
        "metrics": deciding.values(),
        "metric": metric,
        "groups": selectors.exclusion_groups(shop),
        "group_percent": round(100 * form.group_share)
        if form.cleaned_data.get("exclusion_group")
        else round(100 * GROUP_SHARE),
        "percent": round(100 * form.traffic_share),
        "proposal": proposal,
        "rule_changes": rule_changes(proposal),
        "tests_rules": form.cleaned_data.get("with_rules", False) if "revision" in sent else proposal.changes_more,
        "kinds_of_b": KINDS_OF_B,
        "others": _other_fields(chosen, form),
        "two_percents": [(key, form.cleaned_data.get(f"percent_{key}")) for key in "AB"],
        "is_planned": any(form.cleaned_data.get(name) for name in ("audience", "ramp", "starts_at", "ends_at")),
        "ramps": RAMPS,
        "audiences": audiences_of(shop),
        "problems": form.problems if "revision" in sent else {},
    }


def plan_of(placement: Placement, form: StartForm, metric: str) -> selectors.Plan:
    return selectors.plan_for(
        placement,
        metric=metric,
        traffic_share=form.traffic_share * form.group_share,
        change=form.cleaned_data.get("change"),
        variants=2 + len(form.others),
    )


def screening_of(placement: Placement, form: StartForm) -> selectors.Screening:
    """What it needs where both policies make each slate together."""
    taken = form.traffic_share * form.group_share
    return selectors.screening_for(placement, change=form.cleaned_data.get("change"), traffic_share=taken)


@dataclass(frozen=True)
class OtherField:
    """What a variant from C on may be, and what was chosen."""

    key: str
    choices: list[tuple[str, str]]
    chosen: str
    percent: int | None


def _other_fields(placement: Placement, form: StartForm) -> list[OtherField]:
    """Those that were chosen, and one to choose."""
    versions = [policy for policy in policy_versions(placement)[:MOST_VERSIONS] if not policy.is_published]
    choices = [(str(policy.pk), _named(policy)) for policy in versions]
    choices = [("", "–"), (NOTHING, _("No recommendations")), *choices]
    return [
        OtherField(key, choices, form.others.get(key, ""), form.cleaned_data.get(f"percent_{key}"))
        for key in OTHERS[: len(form.others) + 1]
    ]


def _named(policy: Policy) -> str:
    words = _("Version %(version)s") % {"version": policy.version}
    return f"{words}: {policy.note}" if policy.note else words


def _knob_fields(placement: Placement, proposal: Proposal, moved: Mapping[str, float]) -> list[KnobField]:
    control, drafted = Knobs.from_dict(policy_published_now(placement).knobs), Knobs.from_dict(proposal.knobs)
    return [
        KnobField(name, KNOB_WORDS[name].label, moved.get(name, getattr(drafted, name)), getattr(control, name))
        for name in KNOB_NAMES
    ]
