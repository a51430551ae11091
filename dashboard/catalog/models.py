"""What a shop sells."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from dashboard.core import ids


class Item(models.Model):
    """A catalog entry; `group_id` ties the variants of one product. Known by the shop's own `item_id`."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="items")
    item_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    title = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    categories = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    brand = models.CharField(max_length=200, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    image_url = models.URLField(max_length=1000, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    group_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    in_stock = models.BooleanField(default=True)
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # The transaction that changed the row last, set by a trigger whoever writes: what catalog/shelf.py asks by.
    changed_in = models.BigIntegerField(db_default=0, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "item_id"], name="one_item_per_shop_and_id")]
        indexes = [
            models.Index(fields=["shop", "-updated_at"], name="item_by_update"),
            models.Index(fields=["shop", "changed_in"], name="item_by_change"),
        ]

    def __str__(self) -> str:
        return self.title or self.item_id
