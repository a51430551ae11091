"""What whoever runs the installation looks after. These rows belong to no shop: staff alone sees them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

REASON_MAX_LENGTH = 500


class TaskFailure(models.Model):
    """A task that a worker could not do, as often as it failed in the same way until somebody had it done again."""

    task = models.CharField(max_length=120)
    queue = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict, help_text="ids of rows")
    fingerprint = models.CharField(max_length=64, help_text="of task and arguments")
    reason = models.CharField(max_length=REASON_MAX_LENGTH)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    retried_at = models.DateTimeField(null=True)
    retried_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(retried_at__isnull=True), name="one_open_failure_of_a_task"
            )
        ]
        indexes = [models.Index(fields=["-last_at"], name="task_failure_by_time")]

    def __str__(self) -> str:
        return f"{self.task}: {self.reason}"


class Alert(models.Model):
    """Something that needs whoever runs the installation, from when it was seen until it was seen to be over."""

    class Kind(models.TextChoices):
        RUNS_FAIL = "runs_fail", _("Trainings fail")
        NO_EVENTS = "no_events", _("No events arrive")
        FEED_FAILS = "feed_fails", _("A feed cannot be read")
        DISK_FULL = "disk_full", _("The disk is nearly full")
        QUEUE_WAITS = "queue_waits", _("Tasks wait")
        NO_WORKER = "no_worker", _("No worker lives")
        CLOCK_STANDS = "clock_stands", _("Periodic work stands still")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=80, blank=True, help_text="the slug of a shop, or the name of a queue")
    facts = models.JSONField(default=dict)
    told = models.JSONField(default=dict, help_text="{channel: began or ended}: what each was told last")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at__isnull=True), name="one_open_alert_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()
