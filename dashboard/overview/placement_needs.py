"""What placements need of the merchant: those with too little to show, and rules that do nothing."""

import hashlib

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Shop
from dashboard.core import formats
from dashboard.overview.need import Need
from dashboard.policies.selectors import IdleRules, Shortage, idle_rules, rule_key, shortages


def shortage_needs(shop: Shop) -> list[Need]:
    """Placements that show nothing, or less than their slates have places for."""
    return [_of_a_rule(shop, found) if found.rule else _of_the_catalog(shop, found) for found in shortages(shop)]


def idle_rule_needs(shop: Shop) -> list[Need]:
    """Rules that are meant to act now and do nothing."""
    return [_idle(shop, found) for found in idle_rules(shop)]


def _of_a_rule(shop: Shop, found: Shortage) -> Need:
    return Need(
        key=f"shortage:{found.placement.pk}:{bool(found.left)}:{found.rule}",
        icon="placements",
        tone="caution",
        title=_title(found),
        text=_("A rule keeps the other items out. It lasts until you change or end it."),
        action=_("Show the rule"),
        href=f"{reverse('policies:rules', args=[shop.slug, found.placement.slug])}#rule-{found.rule}",
        is_decision=not found.left,
    )


def _of_the_catalog(shop: Shop, found: Shortage) -> Need:
    return Need(
        key=f"shortage:{found.placement.pk}:{bool(found.left)}",
        icon="placements",
        tone="caution",
        title=_title(found),
        text=_("Your catalog has no more that is in stock."),
        action=_("Open the catalog"),
        href=reverse("catalog:index", args=[shop.slug]),
    )


def _title(found: Shortage) -> str:
    words = {
        "name": found.placement.name,
        "left": formats.number(found.left),
        "size": formats.number(found.placement.slate_size),
    }
    if not found.left:
        return _("“%(name)s” shows nothing") % words
    template = ngettext(
        "“%(name)s” has only %(left)s product for %(size)s places",
        "“%(name)s” has only %(left)s products for %(size)s places",
        found.left,
    )
    return template % words


def _idle(shop: Shop, found: IdleRules) -> Need:
    keys = sorted(rule_key(state.rule.to_dict()) for state in found.states)
    title = ngettext(
        "%(count)s rule of “%(name)s” does nothing", "%(count)s rules of “%(name)s” do nothing", len(found.states)
    )
    return Need(
        key=f"idle:{found.placement.pk}:{hashlib.sha256(':'.join(keys).encode()).hexdigest()[:16]}",
        icon="pin",
        tone="caution",
        title=title % {"count": formats.number(len(found.states)), "name": found.placement.name},
        text=_("No item matches, or another rule stands in the way."),
        action=_("Look"),
        href=reverse("policies:rules", args=[shop.slug, found.placement.slug]),
    )
