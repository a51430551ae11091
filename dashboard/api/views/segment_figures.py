"""What a segment's members do, as its page shows it. Where too few visitors did something it is null or left out."""

from typing import Any

from rest_framework import serializers

_MONEY = "In the shop's currency."


class FigureOutput(serializers.Serializer[Any]):
    """A value and its 95% interval."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class WorthOutput(serializers.Serializer[Any]):
    """Of all members, whether they bought or not; `usual_…` is of all visitors of the shop."""

    orders = serializers.IntegerField()
    spent = serializers.FloatField(help_text=_MONEY)
    revenue_share = serializers.FloatField(allow_null=True)
    spent_each = FigureOutput(help_text=_MONEY)
    usual_each = serializers.FloatField(help_text=_MONEY)
    bought = FigureOutput(help_text="Share of members who bought.")
    usual_bought = serializers.FloatField()
    basket = serializers.FloatField(allow_null=True, help_text="The average order. " + _MONEY)
    usual_basket = serializers.FloatField(allow_null=True)
    returned_share = serializers.FloatField(allow_null=True, help_text="Of order lines.")
    usual_returned = serializers.FloatField(allow_null=True)
    days_between = serializers.FloatField(allow_null=True, help_text="Median of those who came back.")


class MonthOutput(serializers.Serializer[Any]):
    """Today's members in a month by the shop's clock; shares are of the shop's."""

    month = serializers.DateField(source="first_day")
    visitors = serializers.IntegerField(allow_null=True)
    visitor_share = serializers.FloatField(allow_null=True)
    spent = serializers.FloatField(allow_null=True, help_text=_MONEY)
    spent_share = serializers.FloatField(allow_null=True)


class LabelOutput(serializers.Serializer[Any]):
    """A category or a brand: its share of what a member chooses, of what any visitor does, and their ratio."""

    label = serializers.CharField()
    visitors = serializers.IntegerField()
    share = FigureOutput()
    usual = serializers.FloatField()
    times = FigureOutput()


class PriceOutput(LabelOutput):
    """A band of prices from `low` on and below `high`; null: open. `label` counts bands from 0."""

    low = serializers.FloatField(allow_null=True, help_text=_MONEY)
    high = serializers.FloatField(allow_null=True, help_text=_MONEY)


class MomentOutput(serializers.Serializer[Any]):
    """`at`: weekday (1: Monday) or hour by the shop's clock; its share of what members do, and of all visitors."""

    at = serializers.IntegerField(source="place")
    share = serializers.FloatField(allow_null=True)
    usual = serializers.FloatField()


class BreadthOutput(serializers.Serializer[Any]):
    """How many kinds (first categories) are among five items of a member; `usual`: of any visitor."""

    visitors = serializers.IntegerField()
    kinds = FigureOutput()
    usual = serializers.FloatField()
    leaning = serializers.ChoiceField(choices=["explorers", "specialists", "usual"])


class ChosenOutput(serializers.Serializer[Any]):
    """An item of the last four weeks; `share` of members who did anything, `times` as many as of all visitors."""

    item_id = serializers.CharField()
    visitors = serializers.IntegerField()
    share = serializers.FloatField()
    times = serializers.FloatField(allow_null=True)


class RisingOutput(serializers.Serializer[Any]):
    """An item whose share of the last four weeks is surely above that of the four before; `ratio` of the two."""

    item_id = serializers.CharField()
    visitors = serializers.IntegerField()
    ratio = FigureOutput()


class SharedOutput(serializers.Serializer[Any]):
    """Another segment: visitors with a quarter of their probability in each, and a member's mean probability of it."""

    number = serializers.IntegerField(source="segment.number")
    visitors = serializers.IntegerField(allow_null=True)
    share = serializers.FloatField(allow_null=True)
    mean_probability = serializers.FloatField(source="leaning")


class CertaintyOutput(serializers.Serializer[Any]):
    """A member's mean probability, and the shares of members above 0.8 and below 0.5."""

    mean = serializers.FloatField()
    clearly = serializers.FloatField(allow_null=True)
    hardly = serializers.FloatField(allow_null=True)


class PlacedOutput(serializers.Serializer[Any]):
    """Slates that members were shown at a placement in the last four weeks; `rate`: clicks on 1,000 of them."""

    placement = serializers.CharField()
    visitors = serializers.IntegerField()
    slates = serializers.IntegerField()
    clicks = serializers.IntegerField()
    rate = FigureOutput()
    usual = serializers.FloatField(allow_null=True)


class ProfileOutput(serializers.Serializer[Any]):
    """All of it, as it was summed at `summed_at`: after a model is published, and once a day."""

    summed_at = serializers.DateTimeField()
    members = serializers.IntegerField()
    worth = WorthOutput(allow_null=True)
    months = MonthOutput(many=True)
    categories = LabelOutput(many=True)
    brands = LabelOutput(many=True)
    prices = PriceOutput(many=True)
    weekdays = MomentOutput(many=True)
    hours = MomentOutput(many=True)
    breadth = BreadthOutput(allow_null=True)
    chosen = ChosenOutput(many=True)
    rising = RisingOutput(many=True)
    others = SharedOutput(many=True)
    certainty = CertaintyOutput()
    placements = PlacedOutput(many=True)


class ServedOverrideOutput(serializers.Serializer[Any]):
    """What the published policy of a placement changes for an audience of the segment."""

    placement = serializers.CharField(source="placement.slug")
    audience = serializers.IntegerField(source="audience.pk")


class ConcerningOutput(serializers.Serializer[Any]):
    """Ids of audiences that ask for the segment, overrides for these, experiments on these, and those on everybody."""

    audiences = serializers.ListField(child=serializers.IntegerField())
    overrides = ServedOverrideOutput(many=True)
    experiments = serializers.ListField(child=serializers.IntegerField())
    running = serializers.ListField(child=serializers.IntegerField())
