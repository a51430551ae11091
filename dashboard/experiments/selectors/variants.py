"""What the variants of an experiment differ in, and from when to when it runs."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.core.knob_words import KNOB_WORDS
from dashboard.experiments.models import Experiment, Variant
from dashboard.policies.models import Policy
from recommender.slate import Knobs


@dataclass(frozen=True)
class Difference:
    """A knob whose value a variant changes."""

    name: str
    control: Any
    treatment: Any
    variant: str = ""  # where there are several beside A

    @property
    def label(self) -> str:
        words = label_of(self.name)
        return f"{self.variant}: {words}" if self.variant else words

    @property
    def texts(self) -> tuple[str, str]:
        """Both values as they are shown."""
        return shown(self.control), shown(self.treatment)


@dataclass(frozen=True)
class VariantRow:
    """A knob and its value in each variant, in the order of their keys; None: it shows nothing."""

    name: str
    values: list[Any]

    @property
    def label(self) -> str:
        return label_of(self.name)

    @property
    def texts(self) -> list[str]:
        return [shown(value) for value in self.values]


def shown(value: Any) -> str:
    return formats.number(value, 2) if value is None or isinstance(value, int | float) else str(value)


def label_of(name: str) -> str:
    if name in KNOB_WORDS:
        return str(KNOB_WORDS[name].label)
    return {"rules": _("Rules"), "overrides": _("Overrides"), "slates": _("Slates")}.get(name, name)


def differences_of(experiment: Experiment) -> list[Difference]:
    """What the others change against A."""
    control, *others = experiment.variants.all()
    return [
        Difference(name, before, after, variant.key if len(others) > 1 else "")
        for variant in others
        for name, (before, after) in _changed(control, variant).items()
    ]


def variant_rows(experiment: Experiment) -> list[VariantRow]:
    """What differs in any of them."""
    variants = list(experiment.variants.all())
    changed = {name: None for variant in variants[1:] for name in _changed(variants[0], variant)}
    served = [_served(variant) for variant in variants]
    return [VariantRow(name, [each.get(name) for each in served]) for name in changed]


def knob_differences(before: Policy, after: Policy) -> list[Difference]:
    """Knobs that a version says nothing of are off."""
    earlier, later = Knobs.from_dict(before.knobs).to_dict(), Knobs.from_dict(after.knobs).to_dict()
    return [Difference(name, earlier[name], later[name]) for name in later if earlier[name] != later[name]]


def _changed(control: Variant, variant: Variant) -> dict[str, tuple[Any, Any]]:
    before, after = _served(control), _served(variant)
    if variant.shows_nothing:
        return {"slates": (before["slates"], after["slates"])}
    found = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    own, other = control.policy, variant.policy
    return found | {
        name: (len(getattr(own, name)), len(getattr(other, name)))
        for name in ("rules", "overrides")
        if getattr(own, name) != getattr(other, name)
    }


def _served(variant: Variant) -> dict[str, Any]:
    if variant.shows_nothing:
        return {"slates": _("none")}
    policy = variant.policy
    knobs = Knobs.from_dict(policy.knobs).to_dict()
    return {**knobs, "rules": len(policy.rules), "overrides": len(policy.overrides), "slates": _("as published")}
