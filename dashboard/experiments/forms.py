"""What a person sends to start an experiment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboard.experiments.metrics import DEFAULT_PRIMARY, METRICS
from recommender.slate import KNOB_NAMES


class StartForm(forms.Form):
    """A placement, the knobs of variant B (those left out stay as in A), and how to run it.

    The placement page sends its slug and knobs alone; the rest has defaults.
    """

    placement = forms.SlugField(max_length=50)
    name = forms.CharField(max_length=120, required=False)
    primary_metric = forms.ChoiceField(choices=[(key, metric.label) for key, metric in METRICS.items()], required=False)
    traffic_percent = forms.IntegerField(
        min_value=1, max_value=100, required=False, error_messages={
            name: _("Enter a share from 1 to 100.") for name in ("invalid", "min_value", "max_value")
        },
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for knob in KNOB_NAMES:
            self.fields[knob] = forms.FloatField(min_value=0, max_value=1, required=False)

    @property
    def knobs(self) -> dict[str, float]:
        return {knob: self.cleaned_data[knob] for knob in KNOB_NAMES if self.cleaned_data.get(knob) is not None}

    @property
    def metric(self) -> str:
        return self.cleaned_data["primary_metric"] or DEFAULT_PRIMARY

    @property
    def traffic_share(self) -> float:
        return (self.cleaned_data["traffic_percent"] or 100) / 100

    def first_problem(self) -> str:
        """The first thing to mend, with the field's name where the message does not say it."""
        name, messages = next(iter(self.errors.items()))
        return f"{name}: {messages[0]}"
