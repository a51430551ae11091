"""What is believed of visitors and items beyond the model, learned from what was rendered (`recommender.beliefs`)."""

from django.db import models

from dashboard.core import ids


class PlacementBelief(models.Model):
    """How visitors tire at a placement, and what is expected of an item there before anything is known of it.

    A click's chance falls by `rate` log-points with each time that the item was rendered and left; `low` and `high` are
    the 95 % interval, `impressions` what it was learned from. `expectation`: of `recommender.beliefs.Expectation`.
    """

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    placement = models.CharField(max_length=50)
    rate = models.FloatField()
    half_life_days = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    impressions = models.PositiveIntegerField()
    expectation = models.JSONField()
    learned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "placement"], name="one_belief_per_placement")]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.placement}: {self.rate:.3f}"


class ItemBelief(models.Model):
    """What an item earned at a placement, and what was expected of the same impressions: fields of
    `recommender.beliefs.ItemBeliefs`. `revision`: of `Learning`, when it changed last."""

    pk = models.CompositePrimaryKey("shop_id", "placement", "item_id")
    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    placement = models.CharField(max_length=50)
    item_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    clicks = models.FloatField()
    expected = models.FloatField()
    revision = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["shop", "placement", "revision"], name="belief_by_revision")]

    def __str__(self) -> str:
        return f"{self.placement} {self.item_id}: {self.clicks:.1f} of {self.expected:.1f}"


class Learning(models.Model):
    """How far a shop's log is learned from: what was received after `learned_until` comes next.

    Revisions rise with every change; the log was read from its beginning at `counted_revision`.
    """

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    learned_until = models.DateTimeField()
    revision = models.BigIntegerField()
    counted_revision = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.shop_id}: learned until {self.learned_until}"
