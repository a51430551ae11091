"""Endpoints: made, changed, their secrets rotated, paused and removed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.audiences.selectors import audiences_of, last_change_id
from dashboard.core import clock, errors
from dashboard.core.fetching import checked_address, public_addresses, shown_address
from dashboard.webhooks.models import URL_MAX_LENGTH, Endpoint, Subscription
from dashboard.webhooks.signing import new_salt, secret_of

MAX_ENDPOINTS = 20  # of a shop
EARLIER_SECRET_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class NewSecret:
    """An endpoint with its secret, which is shown once."""

    endpoint: Endpoint
    secret: str


@transaction.atomic
def create_endpoint(
    *, shop: Shop, url: str, audience_ids: Collection[int], by: User | None, label: str = ""
) -> NewSecret:
    """Tell an address from now on who enters and leaves these audiences.

    Raises `Invalid` for an address that may not be reached or audiences that there are not, `Conflict` for one that is
    told already or where there are as many as there may be.
    """
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    mine = Endpoint.objects.filter(shop=shop)
    if mine.count() >= MAX_ENDPOINTS:
        raise errors.Conflict(_("A shop has at most %(most)s webhooks; remove one.") % {"most": MAX_ENDPOINTS})
    address = _reachable(url)
    if mine.filter(url=address).exists():
        raise errors.Conflict(_("This address is told already; change that webhook."))
    made = Endpoint.objects.create(shop=shop, url=address, salt=new_salt(), due_at=clock.now())
    _subscribe(made, audience_ids)
    _note(made, by, label, "webhook.created")
    return NewSecret(made, secret_of(made.salt))


@transaction.atomic
def change_endpoint(
    *, endpoint: Endpoint, audience_ids: Collection[int] | None = None, is_paused: bool | None = None,
    by: User | None, label: str = "",
) -> None:  # fmt: skip
    """Tell it of other audiences, pause it or let it go on; what is left out stays. While it is paused, messages wait.

    Raises `Invalid` for audiences that there are not.
    """
    if audience_ids is not None:
        _subscribe(endpoint, audience_ids)
        _note(endpoint, by, label, "webhook.changed")
    if is_paused is None or is_paused == bool(endpoint.paused_by):
        return
    paused_by = Endpoint.PausedBy.PERSON if is_paused else Endpoint.PausedBy.NOBODY
    fresh = {"paused_by": paused_by, "failures": 0, "failing_since": None, "problem": "", "due_at": clock.now()}
    Endpoint.objects.filter(pk=endpoint.pk).update(**fresh)
    _note(endpoint, by, label, "webhook.paused" if is_paused else "webhook.resumed")


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, by: User | None, label: str = "") -> NewSecret:
    """A new secret. For a day messages are signed by the one before too."""
    found = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    found.earlier_salt, found.salt = found.salt, new_salt()
    found.earlier_until = clock.now() + EARLIER_SECRET_KEPT
    found.save(update_fields=["earlier_salt", "salt", "earlier_until"])
    _note(found, by, label, "webhook.rotated")
    return NewSecret(found, secret_of(found.salt))


@transaction.atomic
def remove_endpoint(*, endpoint: Endpoint, by: User | None, label: str = "") -> None:
    """Tell it nothing more; its log goes too."""
    _note(endpoint, by, label, "webhook.removed")
    Endpoint.objects.filter(pk=endpoint.pk).delete()


def _subscribe(endpoint: Endpoint, audience_ids: Collection[int]) -> None:
    """Those that are new are told of from now on."""
    wanted = set(audience_ids)
    known = set(audiences_of(endpoint.shop).filter(pk__in=wanted).values_list("pk", flat=True))
    if not wanted or wanted - known:
        message = _("Choose at least one audience of the shop.")
        raise errors.Invalid(message, fields={"audiences": message})
    mine = Subscription.objects.filter(endpoint=endpoint)
    mine.exclude(audience_id__in=wanted).delete()
    for audience_id in sorted(wanted - set(mine.values_list("audience_id", flat=True))):
        Subscription.objects.create(
            shop_id=endpoint.shop_id,
            endpoint=endpoint,
            audience_id=audience_id,
            last_change_id=last_change_id(audience_id),
        )


def _reachable(url: str) -> str:
    """As it is kept. It is checked again whenever something is sent: this only tells at once."""
    if len(url) > URL_MAX_LENGTH:
        raise _invalid(_("The address may have %(most)s characters.") % {"most": URL_MAX_LENGTH})
    allows_private = settings.WEBHOOKS_ALLOW_PRIVATE_HOSTS
    try:
        parts = checked_address(url)
        if parts.scheme != "https" and not allows_private:
            raise errors.Invalid(_("The address must begin with https://: messages name visitors."))
        public_addresses(parts.hostname or "", parts.port or 443, allow_private=allows_private)
    except errors.Invalid as problem:
        raise _invalid(problem.message) from None
    return parts.geturl()


def _invalid(message: str) -> errors.Invalid:
    return errors.Invalid(message, fields={"url": message})


def _note(endpoint: Endpoint, by: User | None, label: str, action: str) -> None:
    subject = shown_address(endpoint.url)[:255]
    record_audit(shop=endpoint.shop, actor=by, label=label, action=action, subject=subject)
