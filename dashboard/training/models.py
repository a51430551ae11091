"""Runs and what they publish. The `Run` row is the truth; Celery only carries it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """One training attempt of a shop's models."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Training")
        EVALUATING = "evaluating", _("Checking")
        PUBLISHED = "published", _("Published")
        REJECTED = "rejected", _("Held back")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Preset(models.TextChoices):
        FAST = "fast", _("Fast")
        BALANCED = "balanced", _("Balanced")
        BEST = "best", _("Best")

    class Trigger(models.TextChoices):
        MANUAL = "manual", _("by hand")
        SCHEDULE = "schedule", _("on schedule")
        API = "api", _("through the API")
        COMMAND = "command", _("from the command line")
        NEWS = "news", _("because much was new")

    ACTIVE_STATES = (State.QUEUED, State.RUNNING, State.EVALUATING)

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    preset = models.CharField(max_length=10, choices=Preset.choices, default=Preset.BALANCED)
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seed = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    fencing_token = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=30, blank=True)
    progress = models.FloatField(default=0, help_text="of the whole run, 0..1")
    stages = models.JSONField(default=list, help_text="[{stage, progress, seconds}] so far")
    checkpoint = models.CharField(max_length=500, blank=True)
    log_tail = models.TextField(blank=True)
    reason = models.TextField(blank=True, help_text="why it was rejected, failed or cancelled")
    reason_code = models.CharField(max_length=40, blank=True, help_text="with reason_facts: the same in any language")
    reason_facts = models.JSONField(default=dict)
    counts = models.JSONField(default=dict, help_text="{interactions, visitors, items} of the snapshot")
    metrics = models.JSONField(default=dict, help_text="offline evaluation")
    compared_with = models.ForeignKey(
        "Artifact",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="what served when it began: its parent, and what the gate compares it with",
    )
    repeats = models.ForeignKey(
        "Artifact",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="the one it repeats",
    )
    snapshot_until = models.DateTimeField(null=True, blank=True, help_text="it learns from what had arrived by then")
    created_at = models.DateTimeField(auto_now_add=True)
    enqueued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop"],
                condition=Q(state__in=["queued", "running", "evaluating"]),
                name="one_active_run_per_shop",
            )
        ]
        indexes = [models.Index(fields=["shop", "-created_at"], name="run_by_time")]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.shop_id}: {self.state}"


class RetrainPlan(models.Model):
    """What a shop decided about its training; a shop without a row has the defaults."""

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    retrains_nightly = models.BooleanField(_("Retrain every night"), default=True)
    night_hour = models.PositiveSmallIntegerField(default=3, help_text="0 to 23, by the shop's clock")
    night_preset = models.CharField(max_length=10, choices=Run.Preset.choices, default=Run.Preset.BALANCED)
    weekly_preset = models.CharField(max_length=10, choices=Run.Preset.choices, default=Run.Preset.BEST, blank=True)
    weekly_day = models.PositiveSmallIntegerField(default=6, help_text="0 is Monday; that night has weekly_preset")
    retrains_on_news = models.BooleanField(default=True, help_text="between two nights, when much is new")
    most_memory_mib = models.PositiveIntegerField(default=0, help_text="of a trainer; 0: as TRAINER_MEMORY_MIB says")
    most_cores = models.PositiveIntegerField(default=0, help_text="of a trainer; 0: as TRAINER_CORES says")
    most_minutes = models.PositiveIntegerField(default=0, help_text="of an attempt; 0: as TRAINER_MINUTES says")
    artifacts_mib = models.PositiveIntegerField(default=0, help_text="of all versions; 0: as ARTIFACTS_MIB says")
    counts_simulated = models.BooleanField(_("Learn from simulated shoppers too"), default=True)
    event_weights = models.JSONField(default=dict, blank=True, help_text="{type: weight}, where it is not the default")

    def __str__(self) -> str:
        return f"retrain plan of {self.shop_id}"

    @property
    def night_clock(self) -> str:
        return f"{self.night_hour:02d}:00"


class Artifact(models.Model):
    """What a run made: a folder of safetensors, ONNX, Parquet and JSON in the artifact store."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="artifacts")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="artifact")
    version = models.PositiveIntegerField(help_text="counts from 1 in each shop")
    path = models.CharField(max_length=500, help_text="below the artifact store")
    checksums = models.JSONField(default=dict, help_text="{file: sha256}")
    metrics = models.JSONField(default=dict)
    lineage = models.JSONField(default=dict, help_text="of its manifest: where it comes from")
    beside = models.JSONField(
        default=dict, help_text="{version: comparison} with those that were kept when it was made"
    )
    size_bytes = models.BigIntegerField(default=0)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "version"], name="one_artifact_per_version"),
            models.UniqueConstraint(fields=["shop"], condition=Q(is_active=True), name="one_active_artifact_per_shop"),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"
