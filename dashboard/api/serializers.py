"""Shared parts of serializers."""

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """An input whose unknown fields are an error, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({str(name): "This field is unknown." for name in unknown})
        return super().to_internal_value(data)


def place_after(max_length: int, **options: Any) -> serializers.CharField:
    """Where a page begins, blank for the first: the shop's own ids stand in it, which may begin or end with a space."""
    return serializers.CharField(
        required=False, allow_blank=True, max_length=max_length, trim_whitespace=False, **options
    )


class RejectionOutput(serializers.Serializer[Any]):
    """Why one of a batch was refused; `index` counts from 0."""

    index = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


class VerdictsOutput(serializers.Serializer[Any]):
    """What became of a batch; the three add up to its size."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = RejectionOutput(many=True)
