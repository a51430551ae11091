"""What a person sends to define a metric."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboard.events.models import EventType
from dashboard.experiments.metric_models import NAME_MAX_LENGTH, OwnMetric
from dashboard.experiments.own_metric_sql import COUNTED_TYPES
from dashboard.experiments.services import MetricTerms
from recommender.expressions import MAX_CHARACTERS

BETTER = [("more", _("More is better")), ("less", _("Less is better"))]
_NUMBER = _("Enter a number.")


class GuardForm(forms.Form):
    """What may change of a metric: its name, and by how many percent at most it may get worse (none: it guards
    nothing)."""

    name = forms.CharField(max_length=NAME_MAX_LENGTH, required=False)
    guard_percent = forms.FloatField(required=False, error_messages={"invalid": _NUMBER})

    @property
    def guard_limit(self) -> float | None:
        percent = self.cleaned_data.get("guard_percent")
        return None if percent is None else percent / 100

    @property
    def problems(self) -> dict[str, str]:
        """{field: what to mend}."""
        return {name: str(texts[0]) for name, texts in self.errors.items()}


class MetricForm(GuardForm):
    """All of a new one; fields as of `OwnMetric`."""

    event_type = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in COUNTED_TYPES])
    aggregation = forms.ChoiceField(choices=OwnMetric.Aggregation.choices)
    expression = forms.CharField(max_length=MAX_CHARACTERS, required=False)
    window_days = forms.IntegerField(required=False, error_messages={"invalid": _NUMBER})
    delay_hours = forms.IntegerField(required=False, error_messages={"invalid": _NUMBER})
    cap = forms.FloatField(required=False, error_messages={"invalid": _NUMBER})
    better = forms.ChoiceField(choices=BETTER, required=False)

    @property
    def terms(self) -> MetricTerms:
        sent: dict[str, Any] = self.cleaned_data
        return MetricTerms(
            event_type=sent["event_type"],
            aggregation=sent["aggregation"],
            expression=sent["expression"],
            window_days=sent["window_days"],
            delay_hours=sent["delay_hours"] or 0,
            cap=sent["cap"],
            higher_is_better=sent["better"] != "less",
        )


FIRST = {"event_type": EventType.ADD_TO_WISHLIST.value, "aggregation": OwnMetric.Aggregation.ANY.value}
