"""Reads: whose shop, which role, which key."""

import hashlib
import time

from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from dashboard.accounts.models import ApiKey, Membership, Shop, User
from dashboard.core import clock, errors
from dashboard.core.tenancy import operator_scope

LIVE_KEY_SECONDS = 1.0
MAX_LIVE_KEYS = 1_000
_live_keys: dict[str, tuple[float, ApiKey]] = {}  # {digest: (read at, key)}

ROLE_RANK = {Membership.Role.VIEWER: 0, Membership.Role.EDITOR: 1, Membership.Role.OWNER: 2}


@operator_scope("a person may be in several shops")
def shops_of(user: User) -> list[Shop]:
    return list(Shop.objects.filter(memberships__user=user).order_by("name"))


def all_shops() -> list[Shop]:
    """For periodic work."""
    return list(Shop.objects.order_by("pk"))


def has_sample_shop() -> bool:
    return Shop.objects.filter(is_sample=True).exists()


@operator_scope("nobody has signed in: the sample shop is open to all")
def sample_shop() -> Shop | None:
    return Shop.objects.filter(is_sample=True).order_by("pk").first()


def shop_by_slug(slug: str) -> Shop:
    """For operators and commands. Raises `NotFound` with what to type instead."""
    try:
        return Shop.objects.get(slug=slug)
    except Shop.DoesNotExist:
        known = ", ".join(Shop.objects.order_by("slug").values_list("slug", flat=True)[:10]) or "none yet"
        raise errors.NotFound(f"There is no shop “{slug}”. Shops here: {known}.") from None


def shop_by_id(shop_id: int) -> Shop | None:
    return Shop.objects.filter(pk=shop_id).first()


@operator_scope("the shop is not known yet")
def membership_of(user: User, shop_slug: str) -> Membership | None:
    return Membership.objects.select_related("shop").filter(user=user, shop__slug=shop_slug).first()


def key_digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def live_key(key: str) -> ApiKey | None:
    """The key, unless it is unknown, revoked or expired."""
    found = unrevoked_key(key)
    return None if found is None or found.has_expired else found


def unrevoked_key(key: str) -> ApiKey | None:
    """The key, unless it is unknown or revoked; it may have expired, which its holder may know.

    Each process asks the database once a second: a key that this process revokes ends at once, another's within it.
    """
    digest = key_digest(key)
    read_at, found = _live_keys.get(digest, (0.0, None))
    if found is None or time.monotonic() - read_at > LIVE_KEY_SECONDS:
        found = _stored_key(digest)
        if len(_live_keys) >= MAX_LIVE_KEYS:
            _live_keys.clear()
        if found is not None:
            _live_keys[digest] = (time.monotonic(), found)
    return found


@operator_scope("the key tells the shop")
def _stored_key(digest: str) -> ApiKey | None:
    found = ApiKey.objects.select_related("shop").filter(digest=digest, revoked_at__isnull=True).first()
    if found is None:
        _live_keys.pop(digest, None)
    return found


def forget_live_keys() -> None:
    """Read keys and their shops anew at the next request of this process."""
    _live_keys.clear()


def merchant_of(shop: Shop) -> User | None:
    """The first owner."""
    owners = members_of(shop).filter(role=Membership.Role.OWNER).order_by("pk")
    return next((membership.user for membership in owners), None)


def members_of(shop: Shop) -> QuerySet[Membership]:
    return Membership.objects.select_related("user").filter(shop=shop).order_by("user__email")


def member_roles() -> list[tuple[str, str]]:
    """(role, its name for people)."""
    return [(role.value, str(role.label)) for role in Membership.Role]


def keys_of(shop: Shop) -> QuerySet[ApiKey]:
    """Live keys first, the newest first among them."""
    is_over = Case(When(_is_live(), then=Value(0)), default=Value(1))
    return ApiKey.objects.filter(shop=shop).select_related("replaced_by").order_by(is_over, "-created_at")


def live_keys_of(shop: Shop, kind: str) -> QuerySet[ApiKey]:
    """What a shop may hand out now, the newest first."""
    return ApiKey.objects.filter(_is_live(), shop=shop, kind=kind).order_by("-pk")


@operator_scope("a preflight carries no key, so any shop's may be meant")
def is_origin_allowed(origin: str) -> bool:
    """Whether a live publishable key of any shop may be used from `origin`; one without origins allows every origin."""
    allowing = Q(allowed_origins=[]) | Q(allowed_origins__contains=[origin])
    return ApiKey.objects.filter(_is_live(), allowing, kind=ApiKey.Kind.PUBLISHABLE).exists()


def _is_live() -> Q:
    return Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now()))


def key_scopes() -> list[tuple[str, str]]:
    """(scope, its name for people) of every family of routes."""
    return [(scope.value, str(scope.label)) for scope in ApiKey.Scope]


def default_limits() -> dict[str, int]:
    """Requests a minute of a key that has no figure of its own, by kind."""
    return {kind.value: limit for kind, limit in ApiKey.REQUESTS_PER_MINUTE.items()}


def key_of(shop: Shop, key_id: int) -> ApiKey:
    """Raises `NotFound`, also for another shop's key."""
    key = ApiKey.objects.filter(shop=shop, pk=key_id).first()
    if key is None:
        raise errors.NotFound(_("There is no such key in this shop."))
    return key
