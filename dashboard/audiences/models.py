"""What is known of visitors beside their behaviour, and the audiences that they belong to by it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from dashboard.core import ids

NAME_MAX_LENGTH = 80


class Visitor(models.Model):
    """The attributes that a shop sends of a visitor, and figures of behaviour, summed up to `counted_until`.

    A row may know the one without the other. `visits` are sessions; `spent` is in the shop's currency.
    """

    pk = models.CompositePrimaryKey("shop_id", "visitor_id")
    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    visitor_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    attributes = models.JSONField(default=dict)
    attributes_at = models.DateTimeField(null=True, help_text="when the shop sent them")
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    last_purchase_at = models.DateTimeField(null=True)
    visits = models.PositiveIntegerField(default=0)
    interactions = models.PositiveIntegerField(default=0)
    purchases = models.PositiveIntegerField(default=0)
    spent = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    counted_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop"], name="visitor_with_attributes", condition=~Q(attributes={}))]

    def __str__(self) -> str:
        return self.visitor_id


class Counting(models.Model):
    """How far the figures of a shop's visitors are summed: what arrived since is summed next."""

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.shop_id}: counted at {self.counted_at}"


class Audience(models.Model):
    """A condition over visitors, saved under a name. `revision` rises whenever the condition changes.

    One that is archived is offered nowhere; policies that name it go on with it.
    """

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="audiences")
    name = models.CharField(max_length=NAME_MAX_LENGTH)
    expression = models.TextField(help_text="in the language of recommender.expressions, over visitors")
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "name"], name="one_audience_per_name", condition=Q(archived_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name
