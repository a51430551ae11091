"""What the catalog pages send."""

from django import forms
from django.core.validators import FileExtensionValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from dashboard.catalog.feeds import FORMATS
from dashboard.catalog.feeds.plain import split_categories
from dashboard.catalog.services.sources import MAX_URL, PERIODS_HOURS
from dashboard.core import ids

MAX_UPLOAD_MIB = 20
SUFFIXES = ["csv", "tsv", "txt", "jsonl", "ndjson", "parquet", "xml", "gz"]


class FeedForm(forms.Form):
    """A catalog feed."""

    feed = forms.FileField(label=_("Feed"), validators=[FileExtensionValidator(SUFFIXES)], allow_empty_file=False)
    dry_run = forms.BooleanField(required=False)
    removes_missing = forms.BooleanField(required=False)

    def clean_feed(self) -> object:
        feed = self.cleaned_data["feed"]
        if feed.size > MAX_UPLOAD_MIB * 1024 * 1024:
            raise forms.ValidationError(
                _("A file of up to %(limit)d MiB can be sent here; import larger ones with manage.py import_items.")
                % {"limit": MAX_UPLOAD_MIB}
            )
        return feed


class SourceForm(forms.Form):
    """A feed to fetch by a schedule."""

    url = forms.CharField(label=_("Address"), max_length=MAX_URL)
    every_hours = forms.TypedChoiceField(coerce=int, choices=[(hours, hours) for hours in PERIODS_HOURS])
    form = forms.ChoiceField(required=False, choices=[("", ""), *((form, form) for form in FORMATS)])
    removes_missing = forms.BooleanField(required=False)


class AgreedForm(forms.Form):
    """How many items somebody agreed to have taken out; 0 where nobody was asked."""

    agreed_to = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)

    def clean_agreed_to(self) -> int:
        return self.cleaned_data["agreed_to"] or 0


def typed_fixes(sent: QueryDict) -> dict[str, str]:
    """{item_id: what was typed for it}, in rows that were left open what was typed for all of these."""
    rest = sent.get("rest", "").strip()
    pairs = zip(sent.getlist("item_id"), sent.getlist("value"), strict=False)
    return {item_id: text.strip() or rest for item_id, text in pairs}


def typed_value(field: str, text: str) -> str | list[str]:
    """A title, or categories as feeds write them: several are parted by | or >."""
    return split_categories(text) if field == "categories" else text.strip()


class MerchandiseForm(forms.Form):
    item = forms.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    is_merchandise = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
