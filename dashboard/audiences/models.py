"""What is known of visitors beside their behaviour, and the audiences that they belong to by it."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
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


class Following(models.Model):
    """How far the members of an audience are followed: by which condition and model, and until when.

    `visitors`: how many fulfilled it then. While they are `0 < visitors < smallest group` members stand still, so that
    nothing of so few is told; later the difference is.
    """

    audience = models.OneToOneField(Audience, on_delete=models.CASCADE, primary_key=True, related_name="following")
    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    artifact_id = models.BigIntegerField(null=True)
    is_barred = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    visitors = models.PositiveIntegerField(default=0)
    followed_at = models.DateTimeField(help_text="visitors who changed until then were looked at")
    whole_at = models.DateTimeField(help_text="when every visitor was looked at")

    def __str__(self) -> str:
        return f"{self.audience_id}: {self.visitors} at {self.followed_at}"


class AudienceMember(models.Model):
    """Who is in an audience, as far as it was followed and may be told."""

    pk = models.CompositePrimaryKey("audience_id", "visitor_id")
    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    audience = models.ForeignKey(Audience, on_delete=models.CASCADE, db_index=False, related_name="+")
    visitor_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    entered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["shop", "visitor_id"], name="audiences_of_visitor")]

    def __str__(self) -> str:
        return f"{self.visitor_id} in {self.audience_id}"


class AudienceChange(models.Model):
    """A visitor entered or left an audience. Ids of an audience rise in the order in which they are committed."""

    class Cause(models.TextChoices):
        """What changed: the visitor (or the time that went by), the condition, the model, or two ids became one."""

        VISITOR = "visitor"
        CONDITION = "condition"
        MODEL = "model"
        MERGE = "merge"

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    audience = models.ForeignKey(Audience, on_delete=models.CASCADE, db_index=False, related_name="+")
    visitor_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    has_entered = models.BooleanField(help_text="else it left")
    cause = models.CharField(max_length=9, choices=Cause.choices)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["audience", "id"], name="changes_of_audience"),
            models.Index(fields=["shop", "visitor_id"], name="changes_of_visitor"),
            BrinIndex(fields=["at"], name="changes_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.visitor_id} {'entered' if self.has_entered else 'left'} {self.audience_id}"


class GroupWeek(models.Model):
    """What a week changed of an audience (`number`: its key) or a segment: aggregates, which name nobody.

    `visitors`: at its end, or now while it lasts; empty where they were too few to be told. `entered` and `left` are of
    those who had not come back or gone again by its end; of segments, by trainings. `revenue` is what members bought
    for in the week, in the shop's currency.
    """

    class Kind(models.TextChoices):
        AUDIENCE = "audience"
        SEGMENT = "segment"

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    week = models.DateField(help_text="its Monday, by the shop's calendar")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.BigIntegerField()
    visitors = models.PositiveIntegerField(null=True)
    entered = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    revenue = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    summed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "week", "kind", "number"], name="one_row_per_group_week")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} in {self.week}"
