"""What exploring cost and what it found, by day and placement, summed when a day is over. Days are of the shop's zone.

A slot is *tried* where the policy would not have shown its item otherwise: explored, and not in the slate that the same
policy makes without exploration. What simulated shoppers did stands in rows of its own.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from dashboard.core import ids

_ID = ids.EXTERNAL_ID_MAX_LENGTH


class ClosedDay(models.Model):
    """A day that was summed. `is_stale`: it is to be summed again, as somebody's behaviour was erased since.

    `items`: those of the catalog that had been there for REACHED_DAYS; `reached`: of which at least REACHED_BY
    interactions came within these days (services/reach.py).
    """

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    items = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(default=0)
    summed_at = models.DateTimeField()
    is_stale = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "day"], name="one_closed_day")]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.day}"


class LedgerDay(models.Model):
    """A day of a placement: what was tried, and what exploring cost against the slates without it; without bots.

    `untold`: slates of which the log does not say what would have been shown; all that they explored counts as tried.
    Costs are of all slates of the day: clicks, and money in the shop's currency, with their variances; null where no
    estimate may be told. `effective`: so many slates without exploration the log is worth. `interests`: how often a
    visitor clicked a tried item of a category in which they had done nothing (services/interests.py).
    """

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    placement = models.CharField(max_length=50)
    simulated = models.BooleanField(default=False)
    slates = models.PositiveIntegerField()
    visitors = models.PositiveIntegerField()
    slots = models.PositiveIntegerField()
    clicks = models.PositiveIntegerField()
    tried = models.PositiveIntegerField()
    tried_clicks = models.PositiveIntegerField()
    untold = models.PositiveIntegerField()
    cost_clicks = models.FloatField(null=True)
    cost_clicks_variance = models.FloatField(null=True)
    cost_money = models.FloatField(null=True)
    cost_money_variance = models.FloatField(null=True)
    effective = models.FloatField(default=0.0)
    interests = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "day", "placement", "simulated"], name="one_ledger_day")]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.day} {self.placement}"


class ItemDay(models.Model):
    """What an item was given at a placement on a day, and what came of it: slots, clicks, money; and of these the tried
    ones. `untried_squares`: the sum of the squared money of the other slots, for the doubt in it."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    placement = models.CharField(max_length=50)
    simulated = models.BooleanField(default=False)
    item_id = models.CharField(max_length=_ID)
    shown = models.PositiveIntegerField()
    clicks = models.PositiveIntegerField()
    money = models.FloatField()
    tried = models.PositiveIntegerField()
    tried_clicks = models.PositiveIntegerField()
    tried_money = models.FloatField()
    untried_squares = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "day", "simulated", "placement", "item_id"], name="one_item_day")
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.day} {self.placement} {self.item_id}"


class Finding(models.Model):
    """What became of an item that was tried, the day on which it was clear; an item has one of each kind at most.

    `shown`, `clicks`: what tells it, tried slots of an item that went back, untried ones of an item that graduated;
    `expected`: clicks that as many usual slots of the same placements get.
    """

    class Kind(models.TextChoices):
        GRADUATED = "graduated", _("earns its place without exploration")
        REJECTED = "rejected", _("went back to the shelf")

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    simulated = models.BooleanField(default=False)
    item_id = models.CharField(max_length=_ID)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    day = models.DateField()
    shown = models.PositiveIntegerField()
    clicks = models.PositiveIntegerField()
    expected = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "simulated", "item_id", "kind"], name="one_finding_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.item_id}: {self.kind} on {self.day}"


class FairTrial(models.Model):
    """What a shop calls a fair trial of a new item: rendered in `positions` slots within `days` of its arrival; a shop
    without a row has the defaults."""

    POSITIONS: ClassVar[int] = 50
    DAYS: ClassVar[int] = 14

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    positions = models.PositiveIntegerField(default=POSITIONS)
    days = models.PositiveIntegerField(default=DAYS)

    def __str__(self) -> str:
        return f"{self.shop_id}: {self.positions} positions in {self.days} days"
