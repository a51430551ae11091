"""What merchants may type on a placement's pages; the library has the last word on knobs and rules."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashboard.core import errors, formats
from dashboard.policies.services import NOTE_MAX_LENGTH
from recommender.slate import KNOB_NAMES, NOTE_LENGTH, Rule

RULE_KINDS = [
    ("pin", _("Pin to a position")),
    ("boost", _("Lift")),
    ("bury", _("Lower")),
    ("exclude", _("Never show")),
    ("include_only", _("Show nothing else than")),
]
#: `categories`: any of the item's categories counts, not only the first.
RULE_FIELDS = [
    ("item_id", _("the item")),
    ("categories", _("items of the category")),
    ("brand", _("items of the brand")),
    ("group_id", _("the variants of the product")),
]


class KnobsForm(forms.Form):
    """All knobs, each 0 to 1."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in KNOB_NAMES:
            self.fields[name] = forms.FloatField(min_value=0.0, max_value=1.0, required=False)


def sent_knobs(sent: Mapping[str, Any]) -> dict[str, float]:
    """The knobs that a request names. Raises `Invalid` by name."""
    form = KnobsForm(sent)
    if not form.is_valid():
        problems = {name: " ".join(str(text) for text in problem) for name, problem in form.errors.items()}
        raise errors.Invalid(gettext("Every knob stands between 0 and 1."), fields=problems)
    return {name: value for name, value in form.cleaned_data.items() if value is not None}


SEEN_PREFIX = "seen-"
_ROUNDING = 0.005  # a slider shows, and sends, two decimals


def seen_and_sent(sent: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, float]]:
    """Where the knobs of a page stood when it was drawn, and where they stand in what it sends; a value that a slider
    has only rounded is the one that was seen. Raises `Invalid` by name."""
    earlier = {name.removeprefix(SEEN_PREFIX): sent[name] for name in sent if name.startswith(SEEN_PREFIX)}
    seen = sent_knobs(earlier)
    return seen, {
        name: seen[name] if name in seen and abs(value - seen[name]) <= _ROUNDING else value
        for name, value in sent_knobs(sent).items()
    }


def whole_number(sent: Mapping[str, Any], name: str) -> int:
    """A number that a page put into its own form. Raises `Invalid`."""
    value = str(sent.get(name, ""))
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise errors.Invalid(gettext("That entry is no longer there; load the page again."), fields={name: value[:20]})
    return int(value)


class NoteForm(forms.Form):
    """What a person says of a change: versions and the audit trail show it."""

    note = forms.CharField(max_length=NOTE_MAX_LENGTH, required=False)


class RuleForm(forms.Form):
    """One rule: what happens to which items, and when. `fields`: what a rule of the shop may be about."""

    kind = forms.ChoiceField(label=_("What happens"), choices=RULE_KINDS)
    field = forms.ChoiceField(label=_("To"), choices=RULE_FIELDS)
    value = forms.CharField(label=_("Id or name"), max_length=255)
    position = forms.IntegerField(label=_("Position"), min_value=1, max_value=100, required=False)
    strength = forms.FloatField(label=_("Strength, 0 to 1"), min_value=0.01, max_value=1.0, required=False)
    starts_at = forms.DateTimeField(
        label=_("From"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    ends_at = forms.DateTimeField(
        label=_("Until"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    note = forms.CharField(label=_("Note"), max_length=NOTE_LENGTH, required=False)
    rule = forms.CharField(widget=forms.HiddenInput, max_length=32, required=False)  # the key of one that is changed
    confirmed = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)

    def __init__(self, *args: Any, fields: Sequence[tuple[str, Any]] = RULE_FIELDS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"] = forms.ChoiceField(label=_("To"), choices=fields)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == "pin" and cleaned.get("position") is None:
            self.add_error("position", _("Say which position: 1 is the first."))
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("Choose an end after the start."))
        return cleaned

    def as_rule(self) -> dict[str, Any]:
        """The rule as JSON of recommender.slate.Rule. Only after `is_valid()`."""
        data = self.cleaned_data
        rule: dict[str, Any] = {"kind": data["kind"], "match": {data["field"]: data["value"].strip()}}
        if data["kind"] == "pin":
            rule["position"] = data["position"]
        if data["kind"] in ("boost", "bury") and data["strength"] is not None:
            rule["strength"] = data["strength"]
        for name in ("starts_at", "ends_at"):
            if data[name] is not None:
                rule[name] = data[name].astimezone(UTC).isoformat()
        if data["note"]:
            rule["note"] = data["note"]
        return rule


def rule_as_typed(rule: Rule, key: str) -> dict[str, Any] | None:
    """A rule as it stands in the form, to be changed; None of one that is about more than the form can say."""
    if len(rule.match) != 1 or not isinstance(rule.match[0][1], str):
        return None
    ((field, value),) = rule.match
    return {
        "kind": rule.kind,
        "field": field,
        "value": value,
        "position": rule.position,
        "strength": rule.strength if rule.kind in ("boost", "bury") else None,
        "starts_at": _typed_time(rule.starts_at),
        "ends_at": _typed_time(rule.ends_at),
        "note": rule.note,
        "rule": key,
    }


def _typed_time(moment: datetime | None) -> str:
    return formats.local(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""
