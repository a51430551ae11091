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

    class Origin(models.TextChoices):
        """What a version came from: told in the reader's language (wording.py), where `note` is what a person wrote."""

        UNKNOWN = ""
        START = "start"
        DRAFT = "draft"
        BACK = "back"
        UNDO = "undo"
        VARIANT = "variant"
        TESTED = "tested"
        API = "api"

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="policies")
    version = models.PositiveIntegerField()
    knobs = models.JSONField(help_text="fields of recommender.slate.Knobs")
    rules = models.JSONField(default=list, help_text="list of recommender.slate.Rule")
    overrides = models.JSONField(default=list, help_text="[{audience, knobs, rules}], the first that is met acts")
    note = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.UNKNOWN, blank=True)
    origin_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="the version that it serves again or was tested as"
    )
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


class Draft(models.Model):
    """What people have gathered for a placement and not published yet: one a placement, laid over what is published.

    It holds differences, so that nothing of it undoes what is published meanwhile. The row stays when the draft is
    empty: `revision` only rises, and a page that was drawn before a change is known by it.
    """

    placement = models.OneToOneField(Placement, on_delete=models.CASCADE, related_name="draft")
    knobs = models.JSONField(default=dict, help_text="{knob: value} of those that move")
    rules_added = models.JSONField(default=list, help_text="list of recommender.slate.Rule")
    rules_removed = models.JSONField(default=list, help_text="published rules that go")
    overrides = models.JSONField(default=dict, help_text="{set, removed, order} of overrides, see overrides.py")
    revision = models.PositiveIntegerField(default=0)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"draft of {self.placement}"
