"""Where a shop wants to be told who enters and leaves its audiences, and each message of it.

A message names the changes that it tells of and holds no visitor: its body is made when it is sent, so that whoever was
erased meanwhile is not in it.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

URL_MAX_LENGTH = 2000
ANSWER_MAX_LENGTH = 500


class Endpoint(models.Model):
    """An address of the shop. Messages go to it one after the other; while it fails, all wait until `due_at`.

    Of its secret only a salt is kept (signing.py). `url` may hold a password: show `core.fetching.shown_address` of it.
    """

    class PausedBy(models.TextChoices):
        NOBODY = "", ""
        PERSON = "person", _("paused")
        FAILURES = "failures", _("paused: it failed for days")
        GONE = "gone", _("paused: it answered that it is gone")

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=URL_MAX_LENGTH)
    salt = models.CharField(max_length=64)
    earlier_salt = models.CharField(max_length=64, blank=True)
    earlier_until = models.DateTimeField(null=True, help_text="until then messages are signed by the earlier one too")
    paused_by = models.CharField(max_length=8, choices=PausedBy.choices, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="one after the other, up to now")
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=ANSWER_MAX_LENGTH, blank=True, help_text="why the last message failed")
    due_at = models.DateTimeField(help_text="not before then")
    lease_until = models.DateTimeField(null=True, help_text="a worker sends, unless it was lost")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "url"], name="one_endpoint_per_address")]

    def __str__(self) -> str:
        return f"webhook {self.pk} of shop {self.shop_id}"


class Subscription(models.Model):
    """An audience that an endpoint is told of. Changes up to `last_change_id` stand in messages."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="subscriptions")
    audience = models.ForeignKey("audiences.Audience", on_delete=models.CASCADE, related_name="+")
    last_change_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "audience"], name="one_subscription_per_audience")]

    def __str__(self) -> str:
        return f"{self.endpoint_id} of {self.audience_id}"


class Delivery(models.Model):
    """A message: the changes of an audience from `first_change` to `last_change`; without an audience a test."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    audience = models.ForeignKey("audiences.Audience", on_delete=models.CASCADE, null=True, related_name="+")
    message_id = models.CharField(max_length=40)
    first_change = models.BigIntegerField(default=0)
    last_change = models.BigIntegerField(default=0)
    changes = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0, help_text="answers that say that the message is wrong")
    status = models.PositiveSmallIntegerField(null=True, help_text="of the last answer; empty: there was none")
    answer = models.CharField(max_length=ANSWER_MAX_LENGTH, blank=True)
    seconds = models.FloatField(null=True)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "id"], name="waiting_deliveries", condition=Q(state="waiting")),
            models.Index(fields=["endpoint", "-id"], name="deliveries_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.state}"
