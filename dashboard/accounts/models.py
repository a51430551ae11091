"""Who may do what: shops, their people and their keys."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from dashboard.core import clock, ids

SLUG_MAX_LENGTH, SHOP_NAME_MAX_LENGTH, LABEL_MAX_LENGTH = 50, 120, 160


class UserManager(BaseUserManager["User"]):
    """Creates people by their e-mail address, and finds them by it in large and small letters."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person who signs in, by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_address")]

    def __str__(self) -> str:
        return self.name or self.email


class Shop(models.Model):
    """The tenant: everything else belongs to exactly one."""

    slug = models.SlugField(unique=True, max_length=SLUG_MAX_LENGTH)
    name = models.CharField(max_length=SHOP_NAME_MAX_LENGTH)
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="GBP")
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in a shop."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        EDITOR = "editor", _("Editor")
        VIEWER = "viewer", _("Viewer")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "user"], name="one_role_per_shop")]

    def __str__(self) -> str:
        return f"{self.user} in {self.shop}: {self.role}"


class Invitation(models.Model):
    """A role in a shop that waits for its person. Of the link's 256 random bits only the SHA-256 is kept."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Membership.Role.choices)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "email"], name="one_invitation_per_shop")]

    def __str__(self) -> str:
        return f"{self.email} to {self.shop}: {self.role}"

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= clock.now()


class ApiKey(models.Model):
    """A shop's key. Only the SHA-256 of its 256 random bits is kept; `prefix` lets people tell keys apart."""

    class Kind(models.TextChoices):
        PUBLISHABLE = "pk", _("Publishable")
        SECRET = "sk", _("Secret")

    class Scope(models.TextChoices):
        """Families of routes of the API."""

        EVENTS = "events", _("Events")
        SLATES = "slates", _("Slates")
        CATALOG = "catalog", _("Catalog")
        VISITORS = "visitors", _("Visitors")
        SEGMENTS = "segments", _("Segments and audiences")
        WEBHOOKS = "webhooks", _("Webhooks")
        PLACEMENTS = "placements", _("Placements")
        EXPERIMENTS = "experiments", _("Experiments")
        EXPORTS = "exports", _("Exports")
        RUNS = "runs", _("Runs")

    PUBLISHABLE_SCOPES: ClassVar = (Scope.EVENTS, Scope.SLATES)
    # A publishable key stands in every page, where anybody can copy it: a thousand requests a second of all shoppers
    # together. A backend is trusted with more; its batches of 500 events count as one request.
    REQUESTS_PER_MINUTE: ClassVar = {Kind.PUBLISHABLE: 60_000, Kind.SECRET: 120_000}

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="api_keys")
    kind = models.CharField(max_length=2, choices=Kind.choices)
    name = models.CharField(max_length=80, blank=True)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    allowed_origins = models.JSONField(default=list, blank=True)
    scopes = models.JSONField(default=list, blank=True)  # none: everything that the kind may call
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)  # none: what its kind has by default
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.shop}"

    @property
    def scope_names(self) -> list[str]:
        return [str(self.Scope(scope).label) for scope in self.scopes]

    def may(self, scope: str) -> bool:
        return not self.scopes or scope in self.scopes

    @property
    def request_limit(self) -> int | None:
        """How many requests a minute it may send; None: any number.

        The shop's own figure, or that of the kind, and never more than the operator's (`API_REQUESTS_PER_MINUTE`). An
        operator's 0 lifts the figures of the kinds too, not those that a shop set.
        """
        ceiling: int = settings.API_REQUESTS_PER_MINUTE
        if not ceiling:
            return self.requests_per_minute
        return min(self.requests_per_minute or self.REQUESTS_PER_MINUTE[self.Kind(self.kind)], ceiling)

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and not self.has_expired


class AuditEntry(models.Model):
    """What a person or key changed, for the shop to read later."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="audit_entries")
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    actor_label = models.CharField(max_length=LABEL_MAX_LENGTH)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "-created_at"], name="audit_by_shop")]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action} {self.subject}"
