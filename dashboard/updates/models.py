"""What was learned since the version that serves was trained: sums that lie over those of the version.

They are what they differ by, added up in the transaction that moves on how far the log was read. So a worker may die
anywhere, and a message may come twice.
"""

from django.db import models

from dashboard.core import ids


class Learning(models.Model):
    """Over which version the sums of a shop lie, and how far its log is learned from: what was received after
    `learned_until` comes next.

    Revisions rise with every change; the sums began with the version's snapshot at `counted_revision`.
    """

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    artifact_id = models.BigIntegerField()
    learned_until = models.DateTimeField()
    counted_at = models.DateTimeField(help_text="when the sums began")
    revision = models.BigIntegerField()
    counted_revision = models.BigIntegerField()
    reference_seconds = models.FloatField(help_text="popularity is counted as of this second")
    newest_seconds = models.FloatField(help_text="of all that is known")
    interactions = models.PositiveBigIntegerField(default=0, help_text="that were taken in")
    pairs = models.PositiveIntegerField(default=0, help_text="rows of PairUpdate")
    is_rewritten = models.BooleanField(default=False, help_text="visitors were joined or erased since the sums began")

    def __str__(self) -> str:
        return f"{self.shop_id}: over {self.artifact_id} until {self.learned_until}"


class ItemUpdate(models.Model):
    """By what the popularity of an item, and how often it was in the training data, differ from the version's: fields
    of `recommender.online.Delta`. `revision`: of `Learning`, when it changed last."""

    pk = models.CompositePrimaryKey("shop_id", "item_id")
    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    item_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    popularity = models.FloatField()
    interactions = models.BigIntegerField()
    revision = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["shop", "revision"], name="item_update_by_revision")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.interactions:+d}"


class PairUpdate(models.Model):
    """By what the weighted pairs of two items, one after the other in a history, differ from the version's."""

    pk = models.CompositePrimaryKey("shop_id", "source_id", "target_id")
    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    source_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    target_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    weight = models.FloatField()
    revision = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["shop", "revision"], name="pair_update_by_revision")]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}: {self.weight:+.2f}"
