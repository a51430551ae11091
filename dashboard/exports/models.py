"""Whole lists of a shop, written to a file by a worker. The row is the truth; a message only carries its id."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Export(models.Model):
    """One wish for a file, and what became of it. The file lies in the artifact store until `expires_at`."""

    class Kind(models.TextChoices):
        ITEMS = "items"
        INTERACTIONS = "interactions"
        SEGMENT = "segment"
        AUDIENCE = "audience"

    class Form(models.TextChoices):
        JSONL = "jsonl", "JSON lines"
        CSV = "csv", "CSV"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        EXPIRED = "expired"

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    form = models.CharField(max_length=5, choices=Form.choices, default=Form.JSONL)
    segment = models.PositiveIntegerField(null=True, help_text="its number, where members of one are asked for")
    audience = models.ForeignKey("audiences.Audience", on_delete=models.CASCADE, null=True, related_name="+")
    schedule = models.ForeignKey(
        "ExportSchedule", on_delete=models.SET_NULL, null=True, related_name="exports", help_text="what it is kept by"
    )
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="also the fencing token of who writes")
    rows = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0, help_text="of the packed file")
    path = models.CharField(max_length=200, blank=True, help_text="below the artifact store")
    reason = models.TextField(blank=True, help_text="why it failed, or why its file went early")
    requested_by = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField(help_text="when it last showed that it goes on")
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop"], condition=Q(state="running"), name="one_running_export_per_shop")
        ]
        indexes = [models.Index(fields=["shop", "-created_at"], name="export_by_time")]

    def __str__(self) -> str:
        return f"export {self.pk} of {self.kind}: {self.state}"


class ExportSchedule(models.Model):
    """The visitors of an audience, written every day or week; the newest `kept` files stay."""

    class Period(models.TextChoices):
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every Monday")

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    audience = models.OneToOneField("audiences.Audience", on_delete=models.CASCADE, related_name="+")
    period = models.CharField(max_length=6, choices=Period.choices)
    form = models.CharField(max_length=5, choices=Export.Form.choices, default=Export.Form.CSV)
    kept = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    requested_by = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"audience {self.audience_id}, {self.period}"
