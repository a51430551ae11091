"""What the page of exports sends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Shop
from dashboard.exports.models import Export, ExportSchedule
from dashboard.exports.schedules import MOST_KEPT


class ExportForm(forms.Form):
    """A list to be written: `what` is a kind, `segment-3` or `audience-3`; days are the shop's, both included."""

    what = forms.RegexField(r"^(items|interactions|(segment|audience)-[0-9]{1,6})$", label=_("What"))
    form = forms.ChoiceField(choices=Export.Form.choices)
    since = forms.DateField(required=False, label=_("From"))
    until = forms.DateField(required=False, label=_("To"))

    def __init__(self, *arguments: object, shop: Shop, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self._zone = ZoneInfo(shop.timezone)

    def clean(self) -> dict[str, object]:
        sent = super().clean() or {}
        since, until = sent.get("since"), sent.get("until")
        if (since or until) and sent.get("what") != Export.Kind.INTERACTIONS:
            raise forms.ValidationError(_("Only what visitors did has a period."))
        if since and until and since > until:
            raise forms.ValidationError(_("The period ends before it begins."))
        return sent

    @property
    def wish(self) -> dict[str, Any]:
        """As `request_export` takes it."""
        sent = self.cleaned_data
        kind, _dash, number = sent["what"].partition("-")
        return {
            "kind": kind,
            "segment": int(number) if kind == Export.Kind.SEGMENT else None,
            "audience": int(number) if kind == Export.Kind.AUDIENCE else None,
            "form": sent["form"],
            "since": self._moment(sent["since"], 0),
            "until": self._moment(sent["until"], 1),
        }

    def _moment(self, day: object, later: int) -> datetime | None:
        """Midnight at which the day begins, or the one after it."""
        if day is None:
            return None
        local = datetime.combine(day, datetime.min.time(), self._zone) + timedelta(days=later)  # type: ignore[arg-type]
        return local.astimezone(UTC)


class ScheduleForm(forms.Form):
    """How often an audience is written, and how many of its files are kept."""

    period = forms.ChoiceField(choices=ExportSchedule.Period.choices)
    form = forms.ChoiceField(choices=Export.Form.choices)
    kept = forms.IntegerField(min_value=1, max_value=MOST_KEPT)
