"""Writes: shops, people, keys and the audit trail."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from django.core.validators import slug_re
from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import (
    LABEL_MAX_LENGTH,
    SHOP_NAME_MAX_LENGTH,
    SLUG_MAX_LENGTH,
    ApiKey,
    AuditEntry,
    Membership,
    Shop,
    User,
)
from dashboard.accounts.selectors import forget_live_keys, key_digest
from dashboard.core import clock, errors, external, ids
from dashboard.core.verdicts import Rejection

KEY_USE_PRECISION = timedelta(hours=1)
ROTATION_GRACE = timedelta(days=7)


@dataclass(frozen=True)
class NewKey:
    """A key just made; `plain` is shown once and never stored."""

    record: ApiKey
    plain: str


@transaction.atomic
def create_shop(
    *, slug: str, name: str, timezone: str = "UTC", currency: str = "GBP", is_sample: bool = False
) -> tuple[Shop, NewKey, NewKey]:
    """Make a shop with its publishable and its secret key.

    Raises `Conflict` where the slug is taken, `Invalid` for what is no slug, name, zone or currency.
    """
    _check_shop(slug, name, timezone, currency)
    if Shop.objects.filter(slug=slug).exists():
        raise errors.Conflict(f"A shop “{slug}” exists already; choose another slug.", fields={"slug": "taken"})
    shop = Shop.objects.create(slug=slug, name=name, timezone=timezone, currency=currency, is_sample=is_sample)
    publishable = issue_key(shop=shop, kind=ApiKey.Kind.PUBLISHABLE, name="Browser")
    secret = issue_key(shop=shop, kind=ApiKey.Kind.SECRET, name="Backend")
    return shop, publishable, secret


def _check_shop(slug: str, name: str, timezone: str, currency: str) -> None:
    if not slug_re.match(slug) or len(slug) > SLUG_MAX_LENGTH:
        most = f"{SLUG_MAX_LENGTH} of them at most"
        raise errors.Invalid(f"“{slug}” is no slug: use letters, digits, hyphens and underscores, {most}.")
    try:
        external.name("The name", name, SHOP_NAME_MAX_LENGTH)
    except Rejection as reason:
        raise errors.Invalid(reason.message) from None
    if timezone not in available_timezones():
        raise errors.Invalid(f"“{timezone}” is no time zone; one is Europe/London.")
    if currency not in list_currencies():
        raise errors.Invalid(f"“{currency}” is no currency; use an ISO 4217 code such as GBP.")


def change_name(*, user: User, name: str) -> None:
    """What colleagues and the audit trail call a person from now on; earlier entries keep the name of their time."""
    user.name = name
    user.save(update_fields=["name"])


def change_shop(*, shop: Shop, actor: User, name: str, timezone: str, currency: str) -> None:
    """Change what the shop is called and how it counts days and money."""
    before = {"name": shop.name, "timezone": shop.timezone, "currency": shop.currency}
    after = {"name": name, "timezone": timezone, "currency": currency}
    shop.name, shop.timezone, shop.currency = name, timezone, currency
    shop.save(update_fields=list(after))
    forget_live_keys()
    record_audit(shop=shop, actor=actor, action="shop.changed", changes=differences(before, after))


def issue_key(
    *,
    shop: Shop,
    kind: str,
    name: str = "",
    allowed_origins: list[str] | None = None,
    scopes: list[str] | None = None,
    requests_per_minute: int | None = None,
    expires_at: datetime | None = None,
    actor: User | None = None,
) -> NewKey:
    """Make a key. Publishable keys are held to `allowed_origins`; none means any. Without `expires_at` it lasts.

    `scopes` narrow what it may call; none means everything that its kind may. Raises `Invalid` for others.
    `requests_per_minute` limits it; none means what its kind has.
    """
    _check_scopes(kind, scopes or [])
    plain = f"{kind}_{ids.secret_token()}"
    record = ApiKey.objects.create(
        shop=shop,
        kind=kind,
        name=name,
        prefix=plain[:10],
        digest=key_digest(plain),
        allowed_origins=allowed_origins or [],
        scopes=scopes or [],
        requests_per_minute=requests_per_minute,
        expires_at=expires_at,
    )
    if actor is not None:
        ends = {"expires_at": expires_at.isoformat()} if expires_at else {}
        record_audit(shop=shop, actor=actor, action="key.issued", subject=record.prefix, scopes=record.scopes, **ends)
    return NewKey(record, plain)


def _check_scopes(kind: str, scopes: list[str]) -> None:
    possible = ApiKey.PUBLISHABLE_SCOPES if kind == ApiKey.Kind.PUBLISHABLE else ApiKey.Scope
    beyond = sorted(set(scopes) - {scope.value for scope in possible})
    if beyond:
        message = _("A key of this kind cannot have these scopes: %(scopes)s.") % {"scopes": ", ".join(beyond)}
        raise errors.Invalid(message, fields={"scopes": ", ".join(beyond)})


@transaction.atomic
def rotate_key(*, key: ApiKey, grace: timedelta = ROTATION_GRACE, actor: User | None = None) -> NewKey:
    """Make a key of the same name, kind, origins, scopes and limit; both live until `grace` ends the old one.

    An expiring key's successor gets the lifetime that the old one had; what ends sooner than the grace, ends then.
    Raises `Conflict` for a key that is over or has a successor, so that at most two live.
    """
    old = ApiKey.objects.select_for_update().get(shop=key.shop, pk=key.pk)
    if not old.is_live or old.replaced_by_id is not None:
        raise errors.Conflict(_("This key is over or has a successor already; rotate that one, or make a new key."))
    now = clock.now()
    new = issue_key(
        shop=key.shop,
        kind=old.kind,
        name=old.name,
        allowed_origins=old.allowed_origins,
        scopes=old.scopes,
        requests_per_minute=old.requests_per_minute,
        expires_at=old.expires_at and now + (old.expires_at - old.created_at),
    )
    old.replaced_by, old.expires_at = new.record, min(old.expires_at or now + grace, now + grace)
    old.save(update_fields=["replaced_by", "expires_at"])
    transaction.on_commit(forget_live_keys)
    detail = {"successor": new.record.prefix, "expires_at": old.expires_at.isoformat()}
    record_audit(shop=key.shop, actor=actor, action="key.rotated", subject=old.prefix, **detail)
    return new


def limit_key(*, key: ApiKey, requests_per_minute: int | None, actor: User | None = None) -> None:
    """Set how many requests a minute a key may send; None: what its kind has. Counts within a second everywhere."""
    before, key.requests_per_minute = key.requests_per_minute, requests_per_minute
    key.save(update_fields=["requests_per_minute"])
    forget_live_keys()
    changes = {"requests_per_minute": [before, requests_per_minute]}
    record_audit(shop=key.shop, actor=actor, action="key.limited", subject=key.prefix, changes=changes)


def allow_origin(*, key: ApiKey, origin: str) -> None:
    """Let a publishable key be used from one origin more. Counts within a second everywhere."""
    key.allowed_origins = [*key.allowed_origins, origin]
    key.save(update_fields=["allowed_origins"])
    forget_live_keys()
    record_audit(shop=key.shop, actor=None, action="key.origin_allowed", subject=key.prefix, origin=origin)


def revoke_key(*, key: ApiKey, actor: User | None = None) -> None:
    """Close a key at once; an earlier revocation keeps its time."""
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        forget_live_keys()
        record_audit(shop=key.shop, actor=actor, action="key.revoked", subject=key.prefix)


def note_key_use(*, key: ApiKey) -> None:
    """Remember when a key was last used, to the hour: a write an hour, not a request."""
    now = clock.now()
    if key.last_used_at is None or now - key.last_used_at > KEY_USE_PRECISION:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        key.last_used_at = now


def add_member(*, shop: Shop, email: str, role: str, name: str = "", password: str | None = None) -> Membership:
    """Give a person a role; makes the account where there is none."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name)
    membership, _created = Membership.objects.update_or_create(shop=shop, user=user, defaults={"role": role})
    return membership


def record_audit(
    *, shop: Shop, actor: User | None, action: str, subject: str = "", label: str = "", **detail: object
) -> AuditEntry:
    """Note what was done. `action` is one of `audit_words.ACTIONS`; `changes` are {field: [before, after]}.

    Names that are longer than their column are cut: an entry must not keep anybody from working.
    """
    return AuditEntry.objects.create(
        shop=shop,
        actor=actor,
        actor_label=(label or str(actor or "Forage"))[:LABEL_MAX_LENGTH],
        action=action,
        subject=subject[: ids.EXTERNAL_ID_MAX_LENGTH],
        detail=detail,
    )
