"""What a shop counts of its visitors beside what Forage counts for every shop."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashboard.events.models import EventType

NAME_MAX_LENGTH = 80


class OwnMetric(models.Model):
    """A metric that a shop defined. What it counts never changes, since days that are closed are not counted again:
    whoever wants another makes another. One that is archived is offered to no new experiment.

    It counts events of one type on items that fulfil `expression`, from `delay_hours` after a visitor's first slate on,
    for `window_days` (none: those of the experiment), and of one visitor at most `cap`. With a `guard_limit` it is a
    guardrail of every experiment that it does not decide.
    """

    class Aggregation(models.TextChoices):
        ANY = "any", _("whether it happened at all")
        COUNT = "count", _("how often it happened")
        SUM = "sum", _("its value, summed up")
        DISTINCT = "distinct", _("of how many different items")

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="own_metrics")
    name = models.CharField(max_length=NAME_MAX_LENGTH)
    event_type = models.CharField(max_length=20, choices=EventType.choices)
    aggregation = models.CharField(max_length=10, choices=Aggregation.choices)
    expression = models.TextField(blank=True, help_text="in the language of recommender.expressions, over items")
    window_days = models.PositiveSmallIntegerField(null=True, blank=True)
    delay_hours = models.PositiveSmallIntegerField(default=0)
    cap = models.FloatField(null=True, blank=True)
    higher_is_better = models.BooleanField(default=True)
    guard_limit = models.FloatField(null=True, blank=True, help_text="the worst relative change that is tolerated")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "name"], name="one_own_metric_per_name", condition=Q(archived_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name
