"""Whole lists of a shop, written to a file by a worker. The row is the truth; a message only carries its id."""

from django.db import models
from django.db.models import Q


class Export(models.Model):
    """One wish for a file, and what became of it. The file lies in the artifact store until `expires_at`."""

    class Kind(models.TextChoices):
        ITEMS = "items"
        INTERACTIONS = "interactions"
        SEGMENT = "segment"

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
