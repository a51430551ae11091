"""What a request for a slate may say, read fast where it is said plainly and in DRF's words where it is not.

msgspec takes a plain request 60 times faster than a serializer. Whatever it does not take (numbers written as texts,
texts with spaces around, anything wrong) goes to the serializer, whose answer names every field. So what msgspec takes
is a part of what the serializer takes, and means the same.
"""

from typing import Annotated, Any

import msgspec
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from dashboard.api.serializers import ShortList, StrictSerializer, Text
from dashboard.core import ids
from dashboard.core.bodies import check_values
from dashboard.core.errors import TooLarge
from dashboard.serving.types import (
    MAX_CART_ITEMS,
    MAX_CONTEXT_ITEMS,
    MAX_EXCLUDED_ITEMS,
    MAX_PLACEMENTS,
    MAX_SLATE_SIZE,
)

_ID = ids.EXTERNAL_ID_MAX_LENGTH
PLACEMENT_LENGTH = 50
MAX_KIB = 512  # of a request: its longest lists of usual ids take a tenth
MAX_VALUES = 20_000  # the longest lists and filters that are taken have half as many
_ItemId = Annotated[str, msgspec.Meta(min_length=1, max_length=_ID)]
_Text = Annotated[str, msgspec.Meta(max_length=_ID)]


_Placement = Annotated[str, msgspec.Meta(min_length=1, max_length=PLACEMENT_LENGTH)]
_Size = Annotated[int, msgspec.Meta(ge=1, le=MAX_SLATE_SIZE)]


class PlacementRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of several placements of a page; what it leaves out is as the whole request says."""

    placement: _Placement
    n: _Size | msgspec.UnsetType = msgspec.UNSET
    filters: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class RecommendationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request for slates, checked: either `placement` or `placements` is given."""

    placement: _Placement | msgspec.UnsetType = msgspec.UNSET
    placements: (
        Annotated[list[PlacementRequest], msgspec.Meta(min_length=1, max_length=MAX_PLACEMENTS)] | msgspec.UnsetType
    ) = msgspec.UNSET
    visitor_id: _Text = ""
    session_id: _Text = ""
    context_items: Annotated[list[_ItemId], msgspec.Meta(max_length=MAX_CONTEXT_ITEMS)] = []
    cart_items: Annotated[list[_ItemId], msgspec.Meta(max_length=MAX_CART_ITEMS)] = []
    n: _Size | msgspec.UnsetType = msgspec.UNSET
    filters: dict[str, Any] = {}
    exclude_items: Annotated[list[_ItemId], msgspec.Meta(max_length=MAX_EXCLUDED_ITEMS)] = []
    explain: bool = False
    details: bool = False

    def is_plain(self) -> bool:
        """Whether the serializer would take it as it stands: it trims texts, and asks for one of the two."""
        if (self.placement is msgspec.UNSET) == (self.placements is msgspec.UNSET):
            return False
        slugs = [self.placement or "", *(wanted.placement for wanted in self.placements or ())]
        return all(text == text.strip() for text in (*slugs, self.visitor_id, self.session_id))


def _item_ids(most: int, help_text: str) -> serializers.ListField:
    child = Text(max_length=_ID, trim_whitespace=False)
    return ShortList(child=child, max_length=most, required=False, default=list, help_text=help_text)


def _size() -> serializers.IntegerField:
    help_text = "The placement's own size where left out."
    return serializers.IntegerField(min_value=1, max_value=MAX_SLATE_SIZE, required=False, help_text=help_text)


class PlacementInput(StrictSerializer):
    """One of several placements of a page; what it leaves out is as the whole request says."""

    placement = Text(max_length=PLACEMENT_LENGTH)
    n = _size()
    filters = serializers.DictField(required=False)


class SlateInput(StrictSerializer):
    """What is asked. Without visitor and session the slate rests on the context and on what is popular."""

    placement = Text(max_length=PLACEMENT_LENGTH, required=False, help_text="Either this or `placements`.")
    placements = ShortList(
        child=PlacementInput(),
        min_length=1,
        max_length=MAX_PLACEMENTS,
        required=False,
        help_text="Several of one page: no item stands in two of them, and the first chooses first.",
    )
    visitor_id = Text(max_length=_ID, required=False, allow_blank=True, default="")
    session_id = Text(max_length=_ID, required=False, allow_blank=True, default="")
    context_items = _item_ids(MAX_CONTEXT_ITEMS, "Items on the page; they are not recommended themselves.")
    cart_items = _item_ids(MAX_CART_ITEMS, "Items in the cart; they and their variants are left out.")
    n = _size()
    filters = serializers.DictField(required=False, default=dict)
    exclude_items = _item_ids(MAX_EXCLUDED_ITEMS, "Items to leave out.")
    explain = serializers.BooleanField(required=False, default=False, help_text="Adds `explanation` to each item.")
    details = serializers.BooleanField(
        required=False, default=False, help_text="Adds `details` to each item: what a page needs to draw it."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "placement" in attrs and "placements" in attrs:
            raise serializers.ValidationError({"placements": "Send either placement or placements."})
        if "placement" not in attrs and "placements" not in attrs:
            raise serializers.ValidationError({"placement": "This field is required, or placements."})
        return attrs


_decoder = msgspec.json.Decoder(RecommendationRequest)


def read_recommendation_request(body: bytes) -> RecommendationRequest:
    """What a request's body asks for. Raises `Invalid`, `TooLarge`, and DRF's ParseError and ValidationError."""
    check_values(body, MAX_VALUES)
    if len(body) > MAX_KIB * 1024:
        raise TooLarge(f"A request for slates may take {MAX_KIB} KiB.", fields={"body": f"more than {MAX_KIB} KiB"})
    if b"\\u0000" not in body:
        try:
            wanted = _decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _read_slowly(body)
        if wanted.is_plain():
            return wanted
    return _read_slowly(body)


def _read_slowly(body: bytes) -> RecommendationRequest:
    try:
        raw = msgspec.json.decode(body) if body else {}  # orjson sets twelve times the body aside
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ParseError(f"The body is not valid JSON in UTF-8: {problem}.") from None
    asked = SlateInput(data=raw)
    asked.is_valid(raise_exception=True)
    return msgspec.convert(asked.validated_data, RecommendationRequest)
