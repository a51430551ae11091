"""Shared parts of serializers. What a stranger sends is bounded before it is looked at: DRF does it the other way."""

from collections.abc import Collection
from typing import Any

from rest_framework import serializers

from dashboard.api.errors import named_and_counted

UNKNOWN = "This field is unknown."


class StrictSerializer(serializers.Serializer[Any]):
    """An input whose unknown fields are an error, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = set(data) - set(self.fields)
            if unknown:
                raise serializers.ValidationError(all_unknown(unknown))
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A text whose length is looked at before its characters."""

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if self.max_length is not None and len(text) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return text


class ShortList(serializers.ListField):
    """A list whose length is looked at before its members."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        members: list[Any] = super().to_internal_value(data)
        return members


def all_unknown(names: Collection[Any]) -> dict[str, str]:
    """The complaint of fields that there are not."""
    return named_and_counted(dict.fromkeys(sorted(map(str, names)), UNKNOWN))


def place_after(max_length: int, **options: Any) -> serializers.CharField:
    """Where a page begins, blank for the first: the shop's own ids stand in it, which may begin or end with a space."""
    return Text(required=False, allow_blank=True, max_length=max_length, trim_whitespace=False, **options)


class RejectionOutput(serializers.Serializer[Any]):
    """Why one of a batch was refused; `index` counts from 0."""

    index = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


class ItemRejectionOutput(RejectionOutput):
    """Why an item was refused: which, what of it, and what stood there, where that is known."""

    item_id = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    value = serializers.CharField(required=False, help_text="Shortened to 100 characters.")


class WithoutTitleOutput(serializers.Serializer[Any]):
    """Accepted items that have no title now, and some of their ids."""

    count = serializers.IntegerField()
    item_ids = serializers.ListField(child=serializers.CharField())


class VerdictsOutput(serializers.Serializer[Any]):
    """What became of a batch; the three add up to its size."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = RejectionOutput(many=True)


class ItemVerdictsOutput(VerdictsOutput):
    """What became of a batch of items; `without_title` only where one has none."""

    rejected = ItemRejectionOutput(many=True)
    without_title = WithoutTitleOutput(required=False)
