"""The variants of an experiment: what each beside A tries, on which share of its visitors."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.accounts.models import User
from dashboard.core import errors
from dashboard.experiments.assignment import CONTROL
from dashboard.experiments.models import Experiment, Variant
from dashboard.policies.models import Placement, Policy
from dashboard.policies.overrides import overrides_of_now
from dashboard.policies.selectors import rules_of_now
from dashboard.policies.services import propose_policy
from recommender.slate import Knobs

KEYS = "ABCDEFGH"
MOST_VARIANTS = len(KEYS)
LEAST_SHARE = 0.01
NAME_MAX_LENGTH = 80


@dataclass(frozen=True)
class Arm:
    """A variant beside A: `policy`, one of the placement's versions; or what `knobs`, `rules` and `overrides` change,
    the rest being as in A; or nothing at all (`shows_nothing`). `share`: of the experiment's visitors."""

    policy: Policy | None = None
    knobs: Mapping[str, Any] | None = None
    rules: Sequence[Any] | None = None
    overrides: Sequence[Any] | None = None
    shows_nothing: bool = False
    share: float | None = None
    name: str = ""


def drafted_arms(
    placement: Placement, control: Policy, arms: Sequence[Arm], *, control_share: float | None, by: User | None
) -> list[Variant]:
    """A and the others, not stored yet, each with its policy. Raises `Invalid` by field where they do not fit, and
    where two would be the same."""
    if not 1 <= len(arms) < MOST_VARIANTS:
        _refuse("variants", _("Test 1 to %(most)s variants beside A.") % {"most": MOST_VARIANTS - 1})
    shares = _shares([arm.share for arm in arms], control_share)
    policies = [_policy_of(placement, control, arm, by) for arm in arms]
    variants = [Variant(key=CONTROL, name=f"v{control.version}", policy=control, weight=shares[0])]
    for key, arm, policy, share in zip(KEYS[1:], arms, policies, shares[1:], strict=False):
        name = arm.name or (_("No recommendations") if arm.shows_nothing else f"v{policy.version}")
        variants.append(
            Variant(key=key, name=name[:NAME_MAX_LENGTH], policy=policy, weight=share, shows_nothing=arm.shows_nothing)
        )
    if alike := _first_alike(variants):
        message = _("%(one)s is the same as %(other)s. Move at least one knob, or test the rules of the draft.")
        raise errors.Invalid(
            message % dict(zip(("one", "other"), alike, strict=True)), fields={"knobs": _("unchanged")}
        )
    return variants


def alike_arms(control: Policy) -> list[Variant]:
    """Two halves that see the same: an A/A test."""
    return [Variant(key=key, name=f"v{control.version}", policy=control, weight=0.5) for key in KEYS[:2]]


def arms_of_now(experiment: Experiment, control: Policy, by: User | None) -> None:
    """A becomes what is published; rules and overrides that were changed since the draft become all others' too.

    Raises `Conflict` where one of them is published by now.
    """
    variants = {variant.key: variant for variant in experiment.variants.select_related("policy")}
    drafted = variants[CONTROL].policy
    for variant in variants.values():
        variant.policy = control if _follows(experiment, variant) else _held(variant, drafted, control, by)
    if not experiment.is_aa and (alike := _first_alike(variants.values())):
        message = _("What %(variant)s would try is published by now. Draft another change.")
        raise errors.Conflict(message % {"variant": alike[0]})
    for variant in variants.values():
        variant.save(update_fields=["policy", "name"])


def _follows(experiment: Experiment, variant: Variant) -> bool:
    """Whether what is published serves it, whatever was drafted."""
    return variant.key == CONTROL or experiment.is_aa or variant.shows_nothing


def _held(variant: Variant, drafted: Policy, control: Policy, by: User | None) -> Policy:
    """All variants obey the same rules, or the experiment would compare those too."""
    own = variant.policy
    rules = rules_of_now(own.rules, drafted.rules, control.rules)
    overrides = overrides_of_now(own.overrides, drafted.overrides, control.overrides)
    if (rules, overrides) == (own.rules, own.overrides):
        return own
    policy = _proposed(control.placement, own.knobs, rules, overrides, by)
    if variant.name == f"v{own.version}":
        variant.name = f"v{policy.version}"
    return policy


def _policy_of(placement: Placement, control: Policy, arm: Arm, by: User | None) -> Policy:
    if arm.shows_nothing:
        return control
    policy = arm.policy
    if policy is None:
        rules = control.rules if arm.rules is None else arm.rules
        overrides = control.overrides if arm.overrides is None else arm.overrides
        policy = _proposed(placement, {**control.knobs, **(arm.knobs or {})}, rules, overrides, by)
    if policy.placement_id != placement.pk:
        raise errors.NotFound(_("That policy belongs to another placement."))
    return policy


def _proposed(
    placement: Placement, knobs: Mapping[str, Any], rules: Sequence[Any], overrides: Sequence[Any], by: User | None
) -> Policy:
    return propose_policy(
        placement=placement, knobs=knobs, rules=rules, overrides=overrides, by=by, origin=Policy.Origin.VARIANT
    )


def _shares(given: Sequence[float | None], control: float | None) -> list[float]:
    """Of A and the others. Those that are not given have alike what is left."""
    asked = [control, *given]
    open_ones = asked.count(None)
    left = 1.0 - sum(share for share in asked if share is not None)
    shares = [left / open_ones if share is None else share for share in asked] if open_ones else [*filter(None, asked)]
    if len(shares) < len(asked) or min(shares) < LEAST_SHARE or abs(sum(shares) - 1.0) > 1e-6:
        _refuse("share", _("The shares of all variants must be 1% at least and sum to 100%."))
    return shares


def _first_alike(variants: Iterable[Variant]) -> tuple[str, str] | None:
    """The first that would serve the same as one before it, and that one."""
    seen: dict[str, str] = {}
    for variant in variants:
        earlier = seen.setdefault(_serves(variant), variant.key)
        if earlier != variant.key:
            return variant.key, earlier
    return None


def _serves(variant: Variant) -> str:
    """What it serves, in one form, however completely its knobs are written down."""
    if variant.shows_nothing:
        return "nothing"
    policy = variant.policy
    return json.dumps([Knobs.from_dict(policy.knobs).to_dict(), policy.rules, policy.overrides], sort_keys=True)


def _refuse(field: str, message: str) -> None:
    raise errors.Invalid(message, fields={field: message})
