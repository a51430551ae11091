"""What the events page sends."""

from django import forms


class NotInterestedForm(forms.Form):
    days = forms.IntegerField()


class RetentionForm(forms.Form):
    """How many days of behaviour the shop keeps; empty: all."""

    days = forms.IntegerField(required=False)
