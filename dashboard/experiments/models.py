"""Experiments: two or more policies of one placement, compared on real visitors."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashboard.core import clock, ids
from dashboard.experiments.interleaving_models import InterleavedDay
from dashboard.experiments.metric_models import OwnMetric

__all__ = [
    "Assignment",
    "DailyMoment",
    "Experiment",
    "InterleavedDay",
    "MomentSums",
    "OwnMetric",
    "PartMoment",
    "Variant",
]


class Experiment(models.Model):
    """A question about a placement, asked of its visitors."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        SHIPPED = "shipped", _("Published")

    ENDED = (State.STOPPED, State.SHIPPED)

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="experiments")
    placement = models.ForeignKey("policies.Placement", on_delete=models.CASCADE, related_name="experiments")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    salt = models.CharField(max_length=40)
    traffic_share = models.FloatField(default=1.0)
    exclusion_group = models.CharField(
        max_length=40, blank=True, help_text="experiments of one group never share a visitor"
    )
    group_start = models.FloatField(default=0.0)
    group_end = models.FloatField(default=1.0)
    primary_metric = models.CharField(max_length=40, default="add_to_cart_rate")
    planned_visitors = models.PositiveIntegerField(
        default=5000, help_text="planned total N* of the sequential interval; fixed at the start"
    )
    window_days = models.PositiveSmallIntegerField(
        default=7, help_text="how long after the first exposure a visitor's behaviour counts"
    )
    decision = models.TextField(blank=True)
    shipped_variant = models.CharField(
        max_length=1, blank=True, help_text="the variant that was published for everyone"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(
        null=True, blank=True, help_text="when the daily moments were last computed; cohorts closed by then are final"
    )

    is_aa = models.BooleanField(
        default=False, help_text="all variants are what is published: it tests the split and the statistics"
    )
    is_interleaved = models.BooleanField(
        default=False, help_text="A and B make each slate together; what is clicked says which is preferred"
    )
    audience_id = models.BigIntegerField(
        null=True, blank=True, help_text="who is not in it gets what is published, and is not counted"
    )
    starts_at = models.DateTimeField(null=True, blank=True, help_text="when the draft begins by itself")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="when it stops by itself")
    ramp = models.JSONField(
        default=list,
        blank=True,
        help_text="steps of its share of the visitors by days since the start: [{day, share}], rising",
    )

    verdict = models.CharField(
        max_length=10, blank=True, help_text="state of the verdict at the last refresh, for lists and badges"
    )
    report_key = models.CharField(
        max_length=32, blank=True, help_text="what the links of its report are signed with; empty: there are none"
    )
    archived_at = models.DateTimeField(null=True, blank=True, help_text="the list leaves it out, the register does not")
    tags = models.JSONField(default=list, blank=True, help_text="what it taught of, in a word each")
    predicted = models.JSONField(
        default=dict, blank=True, help_text="change of clicks per slate, estimated at the start: {change, low, high}"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["placement"], condition=Q(state="running"), name="one_running_experiment_per_placement"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED

    @property
    def group_size(self) -> float:
        """The part of its exclusion group's visitors that it may take."""
        return self.group_end - self.group_start

    @property
    def day_number(self) -> int:
        """1 on the day of the start."""
        return self.days_run + 1

    @property
    def days_run(self) -> int:
        """Whole days since the start."""
        return (clock.now() - (self.started_at or clock.now())).days

    @property
    def next_step(self) -> dict[str, float] | None:
        """The step of the ramp that comes next; None where there is none (any more)."""
        return next((step for step in self.ramp if step["share"] > self.traffic_share), None)

    @property
    def next_step_at(self) -> datetime | None:
        """When it is due."""
        if self.next_step is None or self.started_at is None:
            return None
        return self.started_at + self.next_step["day"] * clock.DAY


class Variant(models.Model):
    """One arm. `key` A is the control."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="variants")
    key = models.CharField(max_length=1)
    name = models.CharField(max_length=80)
    weight = models.FloatField(default=0.5)
    policy = models.ForeignKey("policies.Policy", on_delete=models.PROTECT, related_name="+")
    shows_nothing = models.BooleanField(
        default=False, help_text="its slates are empty, whatever the policy; they are logged all the same"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "key"], name="one_variant_per_key")]
        ordering = ["key"]

    def __str__(self) -> str:
        return f"{self.key} {self.name}"


class Assignment(models.Model):
    """The variant of a visitor: the first assignment is kept."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    visitor_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    variant = models.CharField(max_length=1)
    assigned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "visitor_id"], name="first_assignment_is_kept")]

    def __str__(self) -> str:
        return f"{self.visitor_id}: {self.variant}"


class MomentSums(models.Model):
    """y is the metric's numerator per visitor, x its covariate (CUPED) or denominator (ratio), c that of a ratio."""

    n = models.PositiveIntegerField()
    sum_y = models.FloatField()
    sum_yy = models.FloatField()
    sum_x = models.FloatField(default=0)
    sum_xx = models.FloatField(default=0)
    sum_xy = models.FloatField(default=0)
    sum_c = models.FloatField(default=0)
    sum_cc = models.FloatField(default=0)
    sum_cy = models.FloatField(default=0)
    sum_cx = models.FloatField(default=0)

    class Meta:
        abstract = True


class DailyMoment(MomentSums):
    """Sums of one metric over the visitors whose first exposure was on `day`; days add up to the whole experiment."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="moments")
    variant = models.CharField(max_length=1)
    day = models.DateField()
    metric = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "variant", "day", "metric"], name="one_moment_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.variant} {self.day}"


class PartMoment(MomentSums):
    """The same of the deciding metric and of the visitors of one `part`: `new`, `returning`, `device:NAME`,
    `audience:KEY`, as they were at their first exposure. A visitor may be in several."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="part_moments")
    part = models.CharField(max_length=60)
    variant = models.CharField(max_length=1)
    day = models.DateField()
    metric = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "part", "variant", "day", "metric"], name="one_moment_per_part_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.part} {self.variant} {self.day}"
