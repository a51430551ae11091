"""Behaviour, append-only. Keys of higher rooms (artifact, policy, experiment) are plain ids: rows can be purged.

The database does not check `shop` either: a check per row is a sixth of the cost of ingest, and only services that
hold a shop write here.
"""

import uuid
from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashboard.core import clock, ids

_ID = ids.EXTERNAL_ID_MAX_LENGTH


class EventType(models.TextChoices):
    """What a visitor did."""

    VIEW_ITEM = "view_item", _("viewed")
    ADD_TO_CART = "add_to_cart", _("added to cart")
    REMOVE_FROM_CART = "remove_from_cart", _("removed from cart")
    ADD_TO_WISHLIST = "add_to_wishlist", _("added to wishlist")
    PURCHASE = "purchase", _("bought")
    REFUND = "refund", _("returned")
    VIEW_ITEM_LIST = "view_item_list", _("saw in a list")
    SELECT_ITEM = "select_item", _("clicked in a list")
    SEARCH = "search", _("searched")
    NOT_INTERESTED = "not_interested", _("not interested")


class About(models.TextChoices):
    """What somebody is not interested in: the item of the event, all of its brand, or all of its category."""

    ITEM = "item", _("this item")
    BRAND = "brand", _("its brand")
    CATEGORY = "category", _("its category")


class EventKey(models.Model):
    """What makes ingest exactly-once: one row per accepted event, whatever timestamp a resend carries.

    `low_trust_at` is the timestamp of an event that a publishable key sent, and null otherwise. An event of the same id
    with a secret key takes its place, once: its rows are found by that moment (services/storage.py).

    `received_on` (UTC) says when it may be forgotten (services/keys.py); its index costs nothing to keep, and finds
    the old because rows lie in the order of their arrival.
    """

    pk = models.CompositePrimaryKey("shop_id", "event_id")
    shop = models.ForeignKey(
        "accounts.Shop", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    event_id = models.CharField(max_length=_ID)
    payload_hash = models.BinaryField(max_length=16)
    low_trust_at = models.DateTimeField(null=True)
    received_on = models.DateField(db_default=Now())

    class Meta:
        indexes = [BrinIndex(fields=["received_on"], name="eventkey_by_day")]

    def __str__(self) -> str:
        return self.event_id


class Interaction(models.Model):
    """One line of an event: a visitor did something to an item. A purchase of three items is three lines.

    The table is cut into months of `timestamp` (migration 0004, services/partitions.py); its key is (id, timestamp).
    """

    shop = models.ForeignKey(
        "accounts.Shop", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    event_id = models.CharField(max_length=_ID)
    line = models.PositiveSmallIntegerField(default=0)
    type = models.CharField(max_length=20, choices=EventType.choices)
    visitor_id = models.CharField(max_length=_ID)
    session_id = models.CharField(max_length=_ID, blank=True)
    item_id = models.CharField(max_length=_ID, blank=True)
    quantity = models.PositiveIntegerField(default=1)
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    order_id = models.CharField(max_length=_ID, blank=True)
    query = models.CharField(max_length=500, blank=True)
    recommendation_id = models.UUIDField(null=True)
    placement = models.CharField(max_length=50, blank=True)
    timestamp = models.DateTimeField()
    received_at = models.DateTimeField()
    low_trust = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)
    about = models.CharField(max_length=10, blank=True, db_default="", help_text="of `not_interested`: see About")

    class Meta:
        indexes = [
            models.Index(fields=["shop", "visitor_id", "-timestamp"], name="interaction_of_visitor"),
            models.Index(
                fields=["shop", "visitor_id", "-timestamp"],
                name="interaction_not_wanted",
                condition=models.Q(type="not_interested"),
            ),
            models.Index(fields=["shop", "-timestamp"], name="interaction_by_time"),
            BrinIndex(fields=["received_at"], name="interaction_by_arrival", autosummarize=True),
            models.Index(
                fields=["recommendation_id"],
                name="interaction_of_slate",
                condition=models.Q(recommendation_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visitor_id} {self.type} {self.item_id}"


class Impression(models.Model):
    """An item of a slate that was really rendered (a line of `view_item_list`). Cut into months like interactions."""

    shop = models.ForeignKey(
        "accounts.Shop", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    event_id = models.CharField(max_length=_ID)
    line = models.PositiveSmallIntegerField()
    visitor_id = models.CharField(max_length=_ID)
    session_id = models.CharField(max_length=_ID, blank=True)
    item_id = models.CharField(max_length=_ID)
    recommendation_id = models.UUIDField(null=True)
    placement = models.CharField(max_length=50, blank=True)
    timestamp = models.DateTimeField()
    received_at = models.DateTimeField()
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["shop", "-timestamp"], name="impression_by_time"),
            BrinIndex(fields=["received_at"], name="impression_by_arrival", autosummarize=True),
            models.Index(fields=["shop", "visitor_id"], name="impression_of_visitor"),
        ]

    def __str__(self) -> str:
        return f"{self.visitor_id} saw {self.item_id}"


class Exposure(models.Model):
    """A slate that was served, with all that off-policy evaluation and experiments need to know of it later.

    `items`: [{item_id, position, score, source, reason, propensity, explore}]; `record`: what they were drawn from
    (`recommender.slate.record`), by the knobs and rules of `LoggedPolicy` and the seed. Exposures of versions before
    0.2.0 have `candidates` in its place, {item_ids: [], scores: []} with rounded scores, and cannot be drawn again.
    """

    recommendation_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    shop = models.ForeignKey(
        "accounts.Shop", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    placement = models.CharField(max_length=50)
    visitor_id = models.CharField(max_length=_ID, blank=True)
    session_id = models.CharField(max_length=_ID, blank=True)
    served_at = models.DateTimeField()
    policy_version = models.PositiveIntegerField()
    policy_hash = models.CharField(max_length=16)
    artifact_id = models.BigIntegerField(null=True)
    experiment_id = models.BigIntegerField(null=True)
    variant = models.CharField(max_length=10, blank=True)
    audience_id = models.BigIntegerField(null=True, help_text="whose override the visitor met")
    fallback = models.CharField(max_length=20, blank=True)
    temperature = models.FloatField()
    seed = models.BigIntegerField()
    items = models.JSONField()
    record = models.BinaryField(null=True)
    candidates = models.JSONField(null=True)
    latency_ms = models.FloatField(null=True)
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["shop", "-served_at"], name="exposure_by_time"),
            models.Index(fields=["shop", "visitor_id", "-served_at"], name="exposure_of_visitor"),
            models.Index(
                fields=["experiment_id", "visitor_id", "served_at"],
                name="exposure_of_experiment",
                condition=models.Q(experiment_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.recommendation_id)


class LoggedPolicy(models.Model):
    """Knobs and rules that exposures were drawn with, by their hash: those of a variant beside rules of the day too."""

    shop = models.ForeignKey(
        "accounts.Shop", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    policy_hash = models.CharField(max_length=16)
    knobs = models.JSONField()
    rules = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "policy_hash"], name="one_logged_policy_per_hash")]

    def __str__(self) -> str:
        return self.policy_hash


class BotVisitor(models.Model):
    """A visitor that is a program. Their events are kept; training and experiments leave out what came from `since` to
    `until`, which are open where the shop's own backend sent it all."""

    class Reason(models.TextChoices):
        AGENT = "agent", _("its browser says so")
        RATE = "rate", _("faster than a person")

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    visitor_id = models.CharField(max_length=_ID)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    detail = models.CharField(max_length=80, help_text="the telling word of the agent, or the most views in a minute")
    found_at = models.DateTimeField()
    since = models.DateTimeField(null=True, blank=True, help_text="what came before counts; empty: nothing did")
    until = models.DateTimeField(null=True, blank=True, help_text="what comes later counts; empty: nothing does")
    dismissed_at = models.DateTimeField(null=True, blank=True, help_text="when a merchant said that this is a person")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "visitor_id"], name="one_mark_per_visitor")]

    def __str__(self) -> str:
        return f"{self.visitor_id}: {self.reason}"


class VisitorAlias(models.Model):
    """Two ids of one visitor: what was done as `visitor_id` until `merged_at` belongs to `known_as`."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    visitor_id = models.CharField(max_length=_ID)
    known_as = models.CharField(max_length=_ID)
    merged_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "visitor_id"], name="one_alias_per_visitor")]
        indexes = [
            models.Index(fields=["shop", "known_as"], name="alias_by_known"),
            models.Index(fields=["shop", "merged_at"], name="alias_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.visitor_id} is {self.known_as}"


class ErasedVisitor(models.Model):
    """An id that was erased from the tables and still stands in files of artifacts; gone with them."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    visitor_id = models.CharField(max_length=_ID)
    erased_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.shop_id}: erased at {self.erased_at}"


class Retention(models.Model):
    """How long a shop keeps behaviour; a shop without a row keeps it as long as the installation does."""

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    days = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.shop_id}: {self.days} days"


class NotInterestedPeriod(models.Model):
    """For how long a shop heeds that a visitor is not interested; one without a row, for DAYS."""

    DAYS: ClassVar[int] = 90

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    days = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.shop_id}: {self.days} days"


class Privacy(models.Model):
    """What a shop decided of the privacy of its visitors; a shop without a row has the defaults.

    Of fewer than `smallest_group` visitors nothing is shown, named, exported or sent as a group.
    """

    SMALLEST_GROUP: ClassVar[int] = 20

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    smallest_group = models.PositiveIntegerField(default=SMALLEST_GROUP)
    barred_attributes = models.JSONField(default=list, help_text="names of attributes that no audience may use")
    barred_names = models.JSONField(default=list, help_text="words and categories that name no segment")

    def __str__(self) -> str:
        return f"{self.shop_id}: groups of {self.smallest_group}"


class DailyKpi(models.Model):
    """A shop's day (its own zone) at one placement, summed; `placement` is empty for the whole shop.

    What simulated shoppers did stands in rows of its own; both rows of a day add up.
    """

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    placement = models.CharField(max_length=50, blank=True)
    simulated = models.BooleanField(default=False)
    visitors = models.PositiveIntegerField(default=0)
    interactions = models.PositiveIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0)
    revenue = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    slates = models.PositiveIntegerField(default=0)
    slate_visitors = models.PositiveIntegerField(default=0)
    clicks = models.PositiveIntegerField(default=0)
    attributed_orders = models.PositiveIntegerField(default=0)
    attributed_revenue = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    slots = models.PositiveIntegerField(default=0)
    explored_slots = models.PositiveIntegerField(default=0)
    summed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "day", "placement", "simulated"], name="one_kpi_per_day_and_placement"
            )
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.day} {self.placement}"
