"""Where slates are shown, and how they are made there."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Placement(models.Model):
    """A place in the shop where a slate is shown, with its own policy."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="placements")
    slug = models.SlugField(max_length=50)
    name = models.CharField(max_length=80)
    slate_size = models.PositiveSmallIntegerField(default=8)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "slug"], name="one_placement_per_slug")]

    def __str__(self) -> str:
        return self.name


class Policy(models.Model):
    """A validated, versioned configuration. Rows never change after they were published; a change is a new version."""

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="policies")
    version = models.PositiveIntegerField()
    knobs = models.JSONField(help_text="fields of recommender.slate.Knobs")
    rules = models.JSONField(default=list, help_text="list of recommender.slate.Rule")
    note = models.CharField(max_length=200, blank=True)
    is_published = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["placement", "version"], name="one_policy_per_version"),
            models.UniqueConstraint(fields=["placement"], condition=Q(is_published=True), name="one_published_policy"),
        ]

    def __str__(self) -> str:
        return f"{self.placement} v{self.version}"
