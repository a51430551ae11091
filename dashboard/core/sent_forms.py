"""Forms that a button sends: no page shows them again, so what is wrong with them is an error in words."""

from typing import Any

from django import forms

from dashboard.core import errors


def cleaned(form: forms.Form) -> dict[str, Any]:
    """What was sent, checked. Raises `Invalid` with all that is wrong, one sentence after the other."""
    if not form.is_valid():
        wrong: Any = form.errors
        raise errors.Invalid(" ".join(str(message) for messages in wrong.values() for message in messages))
    sent: dict[str, Any] = form.cleaned_data
    return sent
