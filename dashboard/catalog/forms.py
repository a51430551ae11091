"""What the catalog page sends."""

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

MAX_UPLOAD_MIB = 20
SUFFIXES = ["csv", "tsv", "txt", "jsonl", "ndjson", "parquet", "xml"]


class FeedForm(forms.Form):
    """A catalog feed."""

    feed = forms.FileField(label=_("Feed"), validators=[FileExtensionValidator(SUFFIXES)], allow_empty_file=False)

    def clean_feed(self) -> object:
        feed = self.cleaned_data["feed"]
        if feed.size > MAX_UPLOAD_MIB * 1024 * 1024:
            raise forms.ValidationError(
                _("A file of up to %(limit)d MiB can be sent here; import larger ones with manage.py import_items.")
                % {"limit": MAX_UPLOAD_MIB}
            )
        return feed
