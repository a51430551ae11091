"""What a shop sells."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashboard.core import ids
from dashboard.core.remarks import Remarks
from dashboard.core.verdicts import MAX_VALUE_SHOWN


class Item(models.Model):
    """A catalog entry; `group_id` ties the variants of one product. Known by the shop's own `item_id`.

    Postage, fees and the like are rows too, and no merchandise: neither trained with nor shown.
    """

    class Merchandise(models.TextChoices):
        """Who said what of it."""

        UNASKED = "", "nobody has doubts"
        DOUBTFUL = "doubtful", _("Asked")
        FOUND = "found", _("Left out")
        SOLD = "sold", _("Merchandise, you said")
        BOOKED = "booked", _("None, you said")

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
    corrections = models.JSONField(default=dict, blank=True, help_text="what the feed says of what a person corrected")
    is_merchandise = models.BooleanField(db_default=True, default=True, help_text="else it is kept out of everything")
    merchandise = models.CharField(
        max_length=10, choices=Merchandise.choices, default=Merchandise.UNASKED, db_default="", blank=True
    )
    merchandise_signs = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # The transaction that changed the row last, set by a trigger whoever writes: what catalog/item_cache.py asks by.
    changed_in = models.BigIntegerField(db_default=0, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "item_id"], name="one_item_per_shop_and_id")]
        indexes = [
            models.Index(fields=["shop", "-updated_at"], name="item_by_update"),
            models.Index(fields=["shop", "changed_in"], name="item_by_change"),
            models.Index(
                models.F("shop"), Coalesce("published_at", "created_at").desc(), models.F("item_id"), name="item_by_age"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.item_id


class ItemToken(models.Model):
    """A thing by which an item is found: a word of its title (`w:`), its brand (`b:`), a category (`c:`).

    For the search of the catalog also another word of title, brand or id (`s:`), and each pair of characters of scripts
    without spaces (`g:`).

    Beneath a row policy PostgreSQL uses an index only for operators that cannot leak what they see; those of words and
    lists (`@@`, `&&`) may, equality may not. So what they would find is spelled out, by triggers of catalog_item
    (migrations 0005 and 0008).
    """

    pk = models.CompositePrimaryKey("shop_id", "token", "item_pk")
    shop = models.ForeignKey(
        "accounts.Shop", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    token = models.CharField(max_length=210, db_collation="C")
    item_pk = models.BigIntegerField()

    def __str__(self) -> str:
        return self.token


class FeedSource(models.Model):
    """A feed that Forage fetches by itself. `url` may hold a password: show `core.fetching.shown_address` of it."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="feed_sources")
    url = models.CharField(max_length=2000)
    form = models.CharField(max_length=20, blank=True, help_text="one of catalog.feeds.FORMATS; empty: detected")
    every_hours = models.PositiveSmallIntegerField(default=24)
    is_paused = models.BooleanField(default=False)
    removes_missing = models.BooleanField(default=False, help_text="it names the whole catalog")
    due_at = models.DateTimeField()
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "url"], name="one_feed_source_per_address")]
        indexes = [models.Index(fields=["due_at"], name="feed_source_by_due")]

    def __str__(self) -> str:
        return f"feed {self.pk} of shop {self.shop_id}"


class FeedImport(models.Model):
    """One reading of a feed, from the page or from an address, and what became of its rows."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        SAME = "same", _("Unchanged")
        FAILED = "failed", _("Failed")

    class Removal(models.TextChoices):
        """What becomes of the items that the feed does not name; after reading an outcome of `core.imports.Removal`."""

        NOT_ASKED = "", "not asked for"
        ASKED = "asked", "asked for"
        LOOKING = "looking", "the catalog is gone through"
        REMOVED = "removed", "taken out"
        PREVIEWED = "previewed", "would be taken out"
        TOO_MANY = "too_many", "more than are taken out unasked"
        UNREADABLE = "unreadable", "rows do not tell what they name"
        EMPTY = "empty", "no row was taken"

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="feed_imports")
    source = models.ForeignKey(FeedSource, on_delete=models.CASCADE, null=True, blank=True, related_name="imports")
    name = models.CharField(max_length=200, help_text="of the file, or the address without its secrets")
    form = models.CharField(max_length=20, blank=True)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0, help_text="rows that name an item of the file again")
    additions = models.PositiveIntegerField(default=0, help_text="rows that only add to another, such as a picture")
    refused = models.PositiveIntegerField(default=0)
    remarks = models.JSONField(default=dict, blank=True, help_text="a core.remarks.Remarks: columns, titles")
    removal = models.CharField(max_length=10, choices=Removal.choices, default=Removal.NOT_ASKED, blank=True)
    agreed_to = models.PositiveIntegerField(default=0, help_text="as many items may go, however large a share")
    missing = models.PositiveIntegerField(default=0, help_text="items that the feed does not name")
    missing_sample = models.JSONField(default=list, blank=True, help_text="some of them: item_id, title")
    reason = models.TextField(blank=True, help_text="why it failed")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    received_at = models.DateTimeField(null=True, blank=True, help_text="when the file came; of a dry run, when it did")
    beat_at = models.DateTimeField(help_text="when it last showed that it goes on")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "-created_at"], name="feed_import_by_time")]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def fates(self) -> dict[str, int]:
        """What became of its rows, each counted once; earlier versions did not count the rows that only add."""
        known = ("new", "changed", "unchanged", "duplicates", "additions", "refused")
        return {name: getattr(self, name) for name in known}

    @property
    def told(self) -> Remarks:
        """What was taken otherwise than it may be meant."""
        return Remarks.from_dict(self.remarks)

    @property
    def is_to_confirm(self) -> bool:
        """Whether more items are missing than are taken out unasked."""
        return self.removal == self.Removal.TOO_MANY and self.state == self.State.DONE


class FeedPart(models.Model):
    """A mebibyte of an uploaded feed on its way to a worker, which may be another machine; gone when it is imported."""

    feed_import = models.ForeignKey(FeedImport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed_import", "number"], name="one_feed_part_per_number")]

    def __str__(self) -> str:
        return f"part {self.number} of import {self.feed_import_id}"


class FeedProblem(models.Model):
    """A row of a feed that was refused. `line` counts from 1, in Parquet it is the row.

    `words` and `values` are those of the `Rejection`; rows of earlier versions have only the English `message`.
    """

    feed_import = models.ForeignKey(FeedImport, on_delete=models.CASCADE, db_index=False, related_name="problems")
    line = models.PositiveBigIntegerField()
    code = models.CharField(max_length=40)
    item_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH, blank=True)
    field = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=MAX_VALUE_SHOWN, blank=True, help_text="what stands in the field, shortened")
    message = models.CharField(max_length=500)
    words = models.CharField(max_length=300, blank=True)
    values = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["feed_import", "line", "id"], name="feed_problem_by_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"

    @property
    def said(self) -> str:
        """Why, in the language of the reader."""
        return gettext(self.words) % self.values if self.words else self.message
