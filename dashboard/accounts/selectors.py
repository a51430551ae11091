"""Reads: whose shop, which role, which key."""

import hashlib

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from dashboard.accounts.models import ApiKey, AuditEntry, Membership, Shop, User
from dashboard.core import clock, errors

ROLE_RANK = {Membership.Role.VIEWER: 0, Membership.Role.EDITOR: 1, Membership.Role.OWNER: 2}


def shops_of(user: User) -> QuerySet[Shop]:
    return Shop.objects.filter(memberships__user=user).order_by("name")


def all_shops() -> list[Shop]:
    """For periodic work."""
    return list(Shop.objects.order_by("pk"))


def has_sample_shop() -> bool:
    return Shop.objects.filter(is_sample=True).exists()


def shop_by_slug(slug: str) -> Shop:
    """For operators and commands. Raises `NotFound` with what to type instead."""
    try:
        return Shop.objects.get(slug=slug)
    except Shop.DoesNotExist:
        known = ", ".join(Shop.objects.order_by("slug").values_list("slug", flat=True)[:10]) or "none yet"
        raise errors.NotFound(f"There is no shop “{slug}”. Shops here: {known}.") from None


def membership_of(user: User, shop_slug: str) -> Membership | None:
    return Membership.objects.select_related("shop").filter(user=user, shop__slug=shop_slug).first()


def key_digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def live_key(key: str) -> ApiKey | None:
    """The key, unless it is unknown, revoked or expired."""
    not_expired = Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now())
    return (
        ApiKey.objects.select_related("shop")
        .filter(not_expired, digest=key_digest(key), revoked_at__isnull=True)
        .first()
    )


def members_of(shop: Shop) -> QuerySet[Membership]:
    return Membership.objects.select_related("user").filter(shop=shop).order_by("user__email")


def keys_of(shop: Shop) -> QuerySet[ApiKey]:
    """Live keys first, the newest first among them."""
    return ApiKey.objects.filter(shop=shop).order_by(F("revoked_at").desc(nulls_first=True), "-created_at")


def key_of(shop: Shop, key_id: int) -> ApiKey:
    """Raises `NotFound`, also for another shop's key."""
    key = ApiKey.objects.filter(shop=shop, pk=key_id).first()
    if key is None:
        raise errors.NotFound(_("There is no such key in this shop."))
    return key


def audit_of(shop: Shop, limit: int = 30) -> QuerySet[AuditEntry]:
    """What was changed last, the newest first."""
    return AuditEntry.objects.filter(shop=shop).order_by("-created_at")[:limit]
