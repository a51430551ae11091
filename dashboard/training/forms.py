"""Forms of the models page."""

from typing import Any

from django import forms

from dashboard.training.event_weights import LARGEST
from dashboard.training.models import Run
from recommender.data.events import EVENT_WEIGHTS

PREFIX = "weight_"


class RetrainForm(forms.Form):
    """How thoroughly to train."""

    preset = forms.ChoiceField(choices=Run.Preset.choices, initial=Run.Preset.BALANCED)


class PlanForm(forms.Form):
    """When to train, whether simulated shoppers count, and `weight_<type>` fields: how much each type of event does."""

    retrains_nightly = forms.BooleanField(required=False)
    counts_simulated = forms.BooleanField(required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in EVENT_WEIGHTS:
            self.fields[PREFIX + name] = forms.FloatField(min_value=0, max_value=LARGEST, required=False)

    @property
    def plan(self) -> dict[str, Any]:
        """What `change_plan` takes; a weight that was left empty is the default."""
        given = {name: self.cleaned_data.pop(PREFIX + name) for name in EVENT_WEIGHTS}
        weights = {name: EVENT_WEIGHTS[name] if weight is None else weight for name, weight in given.items()}
        return {**self.cleaned_data, "event_weights": weights}
