"""What the page of an item sends."""

from typing import Any

from django import forms

from dashboard.core.ids import EXTERNAL_ID_MAX_LENGTH


class ItemRuleForm(forms.Form):
    """Pin an item to the first position of a placement, or never show it there."""

    placement = forms.SlugField(max_length=50)
    item_id = forms.CharField(max_length=EXTERNAL_ID_MAX_LENGTH, strip=False)
    kind = forms.ChoiceField(choices=[("pin", "pin"), ("exclude", "exclude")])

    def as_rule(self) -> dict[str, Any]:
        """As `recommender.slate.Rule.from_dict` reads it."""
        kind = self.cleaned_data["kind"]
        place = {"position": 1} if kind == "pin" else {}
        return {"kind": kind, "match": {"item_id": self.cleaned_data["item_id"]}, **place}
