"""Forms of the models page."""

from django import forms

from dashboard.training.models import RetrainPlan, Run


class RetrainForm(forms.Form):
    """How thoroughly to train."""

    preset = forms.ChoiceField(choices=Run.Preset.choices, initial=Run.Preset.BALANCED)


class PlanForm(forms.ModelForm):
    """When to train, and whether simulated shoppers count."""

    class Meta:
        model = RetrainPlan
        fields = ("retrains_nightly", "counts_simulated")
