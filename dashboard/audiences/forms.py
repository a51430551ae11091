"""What the pages of audiences send."""

from django import forms

from dashboard.audiences.attributes import MAX_NAME

MOST_BARRED = 50
LARGEST_SMALLEST_GROUP = 1_000


class PrivacyForm(forms.Form):
    """`barred_attributes` and `barred_names`: one a line. `accepted`: that audiences which ask for them meet nobody."""

    smallest_group = forms.IntegerField(min_value=1, max_value=LARGEST_SMALLEST_GROUP)
    barred_attributes = forms.CharField(required=False, max_length=MOST_BARRED * (MAX_NAME + 2))
    barred_names = forms.CharField(required=False, max_length=MOST_BARRED * (MAX_NAME + 2))
    accepted = forms.BooleanField(required=False)

    def clean_barred_attributes(self) -> list[str]:
        return _lines(self.cleaned_data["barred_attributes"])

    def clean_barred_names(self) -> list[str]:
        return _lines(self.cleaned_data["barred_names"])


def _lines(text: str) -> list[str]:
    names = dict.fromkeys(name for line in text.splitlines() if (name := line.strip()))
    return [name[:MAX_NAME] for name in names][:MOST_BARRED]
