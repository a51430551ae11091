"""What says how exploration and fairness act beside their knobs: as a form types it, and in a merchant's words."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.core import errors, formats
from dashboard.policies.forms import SEEN_PREFIX
from recommender.slate import Knobs

OPTIONS = ("explore_max_age_days", "explore_floor", "fairness_attribute", "fairness_target")
MAX_TARGETS = 50
_TYPED = {"brand": gettext_lazy("brand"), "category": gettext_lazy("category")}


class OptionsForm(forms.Form):
    """The age bound in days (empty: none), the floor in percent, the attribute, and the targets, a line each:
    “group: percent”."""

    explore_max_age_days = forms.FloatField(min_value=0.0, max_value=36_500.0, required=False)
    explore_floor = forms.FloatField(min_value=0.0, max_value=100.0)
    fairness_attribute = forms.CharField(max_length=100)
    fairness_target = forms.CharField(max_length=5_000, required=False)

    def clean_fairness_target(self) -> dict[str, float]:
        lines = [line for line in self.cleaned_data["fairness_target"].splitlines() if line.strip()]
        if len(lines) > MAX_TARGETS:
            raise forms.ValidationError(_("At most %(most)s groups have a share.") % {"most": MAX_TARGETS})
        target = dict(_target(line) for line in lines)
        if sum(target.values()) > 1.0 + 1e-9:
            raise forms.ValidationError(_("The shares add up to more than 100%."))
        return target

    def clean_explore_floor(self) -> float:
        return float(round(self.cleaned_data["explore_floor"] / 100.0, 6))


def _target(line: str) -> tuple[str, float]:
    name, _colon, percent = line.rpartition(":")
    try:
        share = float(percent.strip().rstrip("%").strip()) / 100.0
    except ValueError:
        share = -1.0
    if not name.strip() or not 0.0 <= share <= 1.0:
        message = _("Write each share as “group: percent”, such as “Clay & Co: 40”.")
        raise forms.ValidationError(message)
    return name.strip(), round(share, 6)


def typed(knobs: Knobs) -> dict[str, str]:
    """The options as they stand in the form."""
    age, target = knobs.explore_max_age_days, dict(knobs.fairness_target)
    return {
        "explore_max_age_days": "" if age is None else f"{age:g}",
        "explore_floor": f"{knobs.explore_floor * 100:g}",
        "fairness_attribute": knobs.fairness_attribute,
        "fairness_target": "\n".join(f"{name}: {share * 100:g}" for name, share in target.items()),
    }


def seen_and_sent_options(sent: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where the options of a page stood when it was drawn, and what it sends. Raises `Invalid` by name."""
    seen = {name: sent.get(SEEN_PREFIX + name, "") for name in OPTIONS}
    return _options(seen), _options(sent)


def _options(sent: Mapping[str, Any]) -> dict[str, Any]:
    form = OptionsForm(sent)
    if not form.is_valid():
        problems = {name: " ".join(str(text) for text in problem) for name, problem in form.errors.items()}
        raise errors.Invalid(next(iter(problems.values())), fields=problems)
    return dict(form.cleaned_data)


def option_changes(published: Knobs, proposed: Knobs) -> list[str]:
    """What a draft changes of them, a line each."""
    before, after = _in_words(published), _in_words(proposed)
    return [f"{label} {before[label]} → {text}" for label, text in after.items() if before[label] != text]


def _in_words(knobs: Knobs) -> dict[str, str]:
    age, target = knobs.explore_max_age_days, dict(knobs.fairness_target)
    shares = ", ".join(f"{name} {formats.percent(share)}" for name, share in target.items())
    return {
        _("Freely tried up to an age of"): _("any") if age is None else _("%(days)s days") % {"days": f"{age:g}"},
        _("Floor of exploration"): formats.percent(knobs.explore_floor, 1),
        _("Fairness goes by"): attribute_word(knobs.fairness_attribute),
        _("Target shares"): shares or _("equal"),
    }


def attribute_word(attribute: str) -> str:
    return str(_TYPED.get(attribute, attribute))
