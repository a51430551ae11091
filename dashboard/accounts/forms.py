"""What the settings page sends."""

from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from django import forms
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.audit import AuditFilter
from dashboard.accounts.models import ApiKey, Membership

MAX_KEY_DAYS = 3650
MAX_GRACE_DAYS = 90
MAX_REQUESTS_PER_MINUTE = 10_000_000
USUAL_PORTS = {"http": 80, "https": 443}


class ShopForm(forms.Form):
    """The shop's name for people, its zone and its currency."""

    name = forms.CharField(label=_("Name"), max_length=120)
    timezone = forms.CharField(label=_("Time zone"), max_length=64)
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3)

    def clean_timezone(self) -> str:
        zone: str = self.cleaned_data["timezone"]
        if zone not in available_timezones():
            raise forms.ValidationError(_("Choose a zone of the list, such as Europe/London."))
        return zone

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).upper()
        if code not in list_currencies():
            raise forms.ValidationError(_("Enter an ISO 4217 code, such as GBP."))
        return code


class LimitForm(forms.Form):
    """How many requests a minute a key may send; none: what its kind has."""

    limit = forms.IntegerField(
        label=_("Requests a minute"), min_value=1, max_value=MAX_REQUESTS_PER_MINUTE, required=False
    )


class KeyForm(LimitForm):
    """A new key; origins only for publishable ones, one a line; no days: it lasts."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ApiKey.Kind.choices)
    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    origins = forms.CharField(label=_("Origins"), max_length=2000, required=False)
    scopes = forms.MultipleChoiceField(label=_("Scopes"), choices=ApiKey.Scope.choices, required=False)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=MAX_KEY_DAYS, required=False)

    def clean_origins(self) -> list[str]:
        try:
            return [_origin(text) for text in str(self.cleaned_data["origins"]).split()]
        except ValueError:
            raise forms.ValidationError(_("Enter origins such as https://shop.example, one a line.")) from None


def _origin(text: str) -> str:
    """As browsers send it: small letters, and no port where it is the usual one. Raises ValueError for no origin."""
    text = text.lower().rstrip("/")
    parts = urlsplit(text)
    is_whole = text == f"{parts.scheme}://{parts.netloc}"  # neither path nor query
    if parts.scheme not in USUAL_PORTS or not parts.hostname or not is_whole or parts.username is not None:
        raise ValueError(text)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.encode("idna").decode()
    port = f":{parts.port}" if parts.port not in (None, USUAL_PORTS[parts.scheme]) else ""
    return f"{parts.scheme}://{host}{port}"


class AuditForm(forms.Form):
    """What a merchant looks for in the audit trail; what is no day or too long is left out."""

    action = forms.CharField(max_length=60, required=False)
    person = forms.CharField(max_length=160, required=False)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    @property
    def wanted(self) -> AuditFilter:
        self.full_clean()
        return AuditFilter(**self.cleaned_data)


class RoleForm(forms.Form):
    """The role of a person."""

    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)


class InviteForm(RoleForm):
    """Who is invited, and as what."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)


class NameForm(forms.Form):
    """What a person is called."""

    name = forms.CharField(label=_("Name"), max_length=120)


class AccountForm(forms.Form):
    """A new account of somebody who was invited."""

    name = forms.CharField(label=_("Name"), max_length=120)
    password = forms.CharField(label=_("Password"), max_length=4096, strip=False)


class RotationForm(forms.Form):
    """How many days the old key goes on beside the new one; 0 ends it at once."""

    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=MAX_GRACE_DAYS)
