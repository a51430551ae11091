from django import forms


class FairTrialForm(forms.Form):
    """What a fair trial of a new item is; the bounds are said by the service."""

    positions = forms.IntegerField()
    days = forms.IntegerField()
