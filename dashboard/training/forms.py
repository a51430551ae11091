"""Forms of the models page."""

from typing import Any, Self

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from dashboard.training.event_weights import LARGEST
from dashboard.training.models import RetrainPlan, Run
from recommender.data.events import EVENT_WEIGHTS

PREFIX = "weight_"
PICK = forms.Select(attrs={"class": "input"})
TIMES = ("night_hour", "night_preset", "weekly_day", "weekly_preset")


class RetrainForm(forms.Form):
    """How thoroughly to train."""

    preset = forms.ChoiceField(choices=Run.Preset.choices, initial=Run.Preset.BALANCED)


class PlanForm(forms.Form):
    """When to train, whether simulated shoppers count, and `weight_<type>` fields: how much each type of event does."""

    retrains_nightly = forms.BooleanField(required=False)
    counts_simulated = forms.BooleanField(required=False)
    night_hour = forms.TypedChoiceField(
        label=_("At"), choices=[(hour, f"{hour:02d}:00") for hour in range(24)], coerce=int, required=False, widget=PICK
    )
    night_preset = forms.ChoiceField(label=_("How thoroughly"), choices=Run.Preset.choices, required=False, widget=PICK)
    weekly_day = forms.TypedChoiceField(
        label=_("Once a week, in the night of"), choices=list(WEEKDAYS.items()), coerce=int, required=False, widget=PICK
    )
    weekly_preset = forms.ChoiceField(
        label=_("How thoroughly that night"),
        choices=[("", _("as every night")), *Run.Preset.choices],
        required=False,
        widget=PICK,
    )
    retrains_on_news = forms.BooleanField(required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in EVENT_WEIGHTS:
            self.fields[PREFIX + name] = forms.FloatField(min_value=0, max_value=LARGEST, required=False)

    @property
    def plan(self) -> dict[str, Any]:
        """What `change_plan` takes; a weight that was left empty is the default."""
        given = {name: self.cleaned_data.pop(PREFIX + name) for name in EVENT_WEIGHTS}
        weights = {name: EVENT_WEIGHTS[name] if weight is None else weight for name, weight in given.items()}
        left = {name: value for name, value in self.cleaned_data.items() if name not in TIMES or name in self.data}
        return {**left, "event_weights": weights}

    @classmethod
    def of(cls, plan: RetrainPlan, *, can_edit: bool) -> Self:
        """With what a shop has decided."""
        form = cls(initial={name: getattr(plan, name) for name in TIMES})
        for name in TIMES:
            form.fields[name].disabled = not can_edit
        return form

    @property
    def times(self) -> list[forms.BoundField]:
        """The fields that say when and how thoroughly."""
        return [self[name] for name in TIMES]
