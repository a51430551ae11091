"""Where slates are shown: the placements that every shop begins with, and those that it adds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import errors
from dashboard.policies.models import Placement, Policy
from dashboard.policies.selectors.policies import placement_by_slug, placements_of, published_policies
from dashboard.policies.services.publishing import propose_policy, serve_version
from recommender.slate import DEFAULT_KNOBS, Knobs

# slug: (name, items in a slate, knobs). An e-mail is opened long after it is sent: nothing can be learned from it soon.
DEFAULT_PLACEMENTS: dict[str, tuple[str, int, Knobs]] = {
    "home": ("Home", 8, DEFAULT_KNOBS),
    "product": ("Product page", 8, replace(DEFAULT_KNOBS, exploration=0.05, diversity=0.1, calibration=0.0)),
    "cart": ("Basket", 6, replace(DEFAULT_KNOBS, exploration=0.05, calibration=0.0)),
    "email": ("E-mail", 6, replace(DEFAULT_KNOBS, exploration=0.0)),
}
MAX_PLACEMENTS = 50
MAX_SLATE_SIZE = 100
DEFAULT_SLATE_SIZE = 8


@transaction.atomic
def ensure_default_placements(shop: Shop) -> list[Placement]:
    """Make home, product, cart and email where they are missing, each with a published first policy."""
    placements = []
    for slug, (name, slate_size, knobs) in DEFAULT_PLACEMENTS.items():
        placement, created = Placement.objects.get_or_create(
            shop=shop, slug=slug, defaults={"name": name, "slate_size": slate_size}
        )
        if created:
            start = propose_policy(
                placement=placement, knobs=knobs.to_dict(), rules=(), by=None, origin=Policy.Origin.START
            )
            serve_version(start)
        placements.append(placement)
    return placements


def placements_at_hand(shop: Shop) -> list[Placement]:
    """The shop's placements; a new shop begins with those that every shop has."""
    return list(placements_of(shop)) or ensure_default_placements(shop)


def placement_at_hand(shop: Shop, slug: str) -> Placement:
    """One of them. Raises `NotFound`."""
    placements_at_hand(shop)
    return placement_by_slug(shop, slug)


@transaction.atomic
def create_placement(
    *,
    shop: Shop,
    slug: str,
    name: str,
    slate_size: int = DEFAULT_SLATE_SIZE,
    knobs: Mapping[str, Any] | None = None,
    rules: Sequence[Any] = (),
    by: User | None,
    label: str = "",
) -> Placement:
    """Add a placement, served with a first version at once. Knobs left out stand where a new placement starts.

    Raises `Conflict` where the shop has one of that slug, or as many as it may have, and `Invalid`.
    """
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    standing = {placement.slug for placement in placements_at_hand(shop)}
    if slug in standing:
        raise errors.Conflict(_("There is a placement “%(slug)s” already.") % {"slug": slug}, fields={"slug": "taken"})
    if len(standing) >= MAX_PLACEMENTS:
        raise errors.Conflict(_("A shop has at most %(most)s placements.") % {"most": MAX_PLACEMENTS})
    _check_size(slate_size)
    placement = Placement.objects.create(shop=shop, slug=slug, name=name, slate_size=slate_size)
    first = propose_policy(
        placement=placement,
        knobs=DEFAULT_KNOBS.to_dict() | dict(knobs or {}),
        rules=rules,
        by=by,
        origin=Policy.Origin.START,
    )
    serve_version(first)
    details = {"name": name, "slate_size": slate_size, "rules": len(first.rules)}
    record_audit(shop=shop, actor=by, action="placement.created", subject=slug, label=label, **details)
    return placement


@transaction.atomic
def change_placement(
    *, placement: Placement, changes: Mapping[str, Any], by: User | None, label: str = ""
) -> Placement:
    """Change `name` or `slate_size`; what is left out stays. Raises `Invalid`."""
    placement = Placement.objects.select_for_update().select_related("shop").get(pk=placement.pk)
    before = {name: getattr(placement, name) for name in ("name", "slate_size")}
    after = before | {name: value for name, value in changes.items() if name in before}
    _check_size(after["slate_size"])
    if after == before:
        return placement
    placement.name, placement.slate_size = after["name"], after["slate_size"]
    placement.save(update_fields=["name", "slate_size"])
    published_policies.invalidate(placement.shop_id)
    changed = differences(before, after)
    record_audit(
        shop=placement.shop, actor=by, action="placement.changed", subject=placement.slug, label=label, changes=changed
    )
    return placement


@transaction.atomic
def delete_placement(*, placement: Placement, by: User | None, label: str = "") -> None:
    """Remove a placement with its draft and versions. Raises `Conflict` for the last one of a shop."""
    Shop.objects.select_for_update(no_key=True).get(pk=placement.shop_id)
    if not placements_of(placement.shop).exclude(pk=placement.pk).exists():
        raise errors.Conflict(_("A shop keeps at least one placement."))
    versions = Policy.objects.filter(placement=placement).count()
    placement.delete()
    published_policies.invalidate(placement.shop_id)
    details = {"name": placement.name, "versions": versions}
    record_audit(
        shop=placement.shop, actor=by, action="placement.deleted", subject=placement.slug, label=label, **details
    )


def _check_size(slate_size: int) -> None:
    if not 1 <= slate_size <= MAX_SLATE_SIZE:
        message = _("A slate holds 1 to %(most)s items.") % {"most": MAX_SLATE_SIZE}
        raise errors.Invalid(message, fields={"slate_size": message})
