"""What a person sends to start an experiment."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboard.experiments.metrics import DEFAULT_PRIMARY
from dashboard.experiments.risks import is_risk
from dashboard.experiments.selectors.planning import CHANGES
from dashboard.experiments.services import DECISION_MAX_LENGTH, GROUP_SHARE, MOST_TAGS, TAG_MAX_LENGTH
from recommender.slate import KNOB_NAMES


def _percent() -> forms.IntegerField:
    messages = dict.fromkeys(("invalid", "min_value", "max_value"), _("Enter a share from 1 to 100."))
    return forms.IntegerField(min_value=1, max_value=100, required=False, error_messages=messages)


NOTHING = "nothing"
KINDS_OF_B = [("knobs", _("These knobs")), (NOTHING, _("No recommendations")), ("aa", _("The same as A: an A/A test"))]
METHODS = [
    ("", _("Each visitor sees one of them")),
    ("interleave", _("Both make each slate together: a fast pre-screen")),
]
OTHERS = "CDEFGH"
#: How many days each step of a ramp lasts; its shares are those of RAMP_SHARES.
RAMPS = [("", _("All at once")), ("1", _("5%, 20%, 50%, all: a step a day")), ("3", _("a step every three days"))]
RAMP_SHARES = (0.05, 0.2, 0.5, 1.0)


class StartForm(forms.Form):
    """A placement, the knobs of variant B (those left out stay as in A), and how to run it: what decides, on what share
    of the visitors, and the change that shall be shown if it is there, from which the plan follows.

    `exclusion_group`: experiments of one group never share a visitor, each takes `group_percent` of them.
    `b`: whether B has these knobs, shows nothing, or is A again; `variant_C` to `variant_H`: a version by its id, or
    nothing; `percent_A` to `percent_H`: shares, alike where they are left out.
    `with_rules`: B obeys the rules of the placement's draft; `revision`: that draft, as it was shown.
    `method`: how A and B are compared.
    """

    placement = forms.SlugField(max_length=50)
    name = forms.CharField(max_length=120, required=False)
    primary_metric = forms.CharField(max_length=40, required=False)
    traffic_percent = _percent()

    change = forms.TypedChoiceField(
        choices=[(str(change), str(change)) for change in CHANGES], coerce=float, empty_value=None, required=False
    )
    exclusion_group = forms.CharField(max_length=40, required=False)
    group_percent = _percent()

    method = forms.ChoiceField(choices=METHODS, required=False)
    b = forms.ChoiceField(choices=KINDS_OF_B, required=False)
    audience = forms.IntegerField(min_value=1, required=False)
    starts_at = forms.DateTimeField(required=False)
    ends_at = forms.DateTimeField(required=False)
    ramp = forms.ChoiceField(choices=RAMPS, required=False)

    with_rules = forms.BooleanField(required=False)
    revision = forms.IntegerField(min_value=0, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for knob in KNOB_NAMES:
            self.fields[knob] = forms.FloatField(min_value=0, max_value=1, required=False)
        for key in OTHERS:
            self.fields[f"variant_{key}"] = forms.RegexField(rf"{NOTHING}|[0-9]{{1,18}}", required=False)
        for key in f"AB{OTHERS}":
            self.fields[f"percent_{key}"] = _percent()

    @property
    def knobs(self) -> dict[str, float]:
        return {knob: self.cleaned_data[knob] for knob in KNOB_NAMES if self.cleaned_data.get(knob) is not None}

    @property
    def is_interleaved(self) -> bool:
        return self.cleaned_data.get("method") == "interleave"

    @property
    def kind_of_b(self) -> str:
        return self.cleaned_data.get("b") or "knobs"

    @property
    def others(self) -> dict[str, str]:
        """{key: id of a version, or NOTHING} of C to H, those that were chosen."""
        if self.kind_of_b == "aa":
            return {}
        chosen = {key: self.cleaned_data.get(f"variant_{key}") for key in OTHERS}
        return {key: value for key, value in chosen.items() if value}

    def share_of(self, key: str) -> float | None:
        percent = self.cleaned_data.get(f"percent_{key}")
        return percent / 100 if percent else None

    @property
    def ramp_steps(self) -> list[dict[str, float]]:
        """Of the share of visitors that it takes in the end."""
        if not (days := int(self.cleaned_data.get("ramp") or 0)):
            return []
        shares = [round(share * self.traffic_share, 6) for share in RAMP_SHARES]
        return [{"day": days * place, "share": share} for place, share in enumerate(shares)]

    @property
    def metric(self) -> str:
        return self.cleaned_data.get("primary_metric") or DEFAULT_PRIMARY

    @property
    def traffic_share(self) -> float:
        return (self.cleaned_data.get("traffic_percent") or 100) / 100

    @property
    def group_share(self) -> float:
        """The part of an exclusion group's visitors that it takes; a half, so that another finds room."""
        percent = self.cleaned_data.get("group_percent")
        return (percent / 100 if percent else GROUP_SHARE) if self.cleaned_data.get("exclusion_group") else 1.0

    @property
    def problems(self) -> dict[str, str]:
        """{field: what to mend}."""
        return {name: str(texts[0]) for name, texts in self.errors.items()}


class LearningForm(forms.Form):
    """What an experiment taught: a note, and tags with commas between them."""

    note = forms.CharField(max_length=DECISION_MAX_LENGTH, required=False)
    tags = forms.CharField(max_length=MOST_TAGS * (TAG_MAX_LENGTH + 2), required=False)

    def clean_tags(self) -> list[str]:
        return re.split(r"[,，、;；]", self.cleaned_data["tags"])


class RisksField(forms.MultipleChoiceField):
    """Risks that are accepted, by their keys."""

    def valid_value(self, value: Any) -> bool:
        return is_risk(str(value))


class EndForm(forms.Form):
    """Why an experiment is ended; which of its variants is published, and which risks are accepted by name."""

    decision = forms.CharField(max_length=DECISION_MAX_LENGTH, required=False)
    variant = forms.CharField(max_length=1, required=False)
    accepted = RisksField(required=False)


class ReportForm(forms.Form):
    """For how many days a link of the report works."""

    days = forms.IntegerField(min_value=1, max_value=365)
