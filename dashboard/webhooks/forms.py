"""What the pages of webhooks send."""

from django import forms

from dashboard.webhooks.models import URL_MAX_LENGTH


class AudiencesForm(forms.Form):
    """Keys of audiences."""

    audiences = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *arguments: object, offered: list[int], **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self.fields["audiences"].choices = [(key, key) for key in offered]  # type: ignore[attr-defined]


class EndpointForm(AudiencesForm):
    """A new webhook."""

    url = forms.CharField(max_length=URL_MAX_LENGTH)
