"""Placements: the list, and the four tabs of each."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.policies import pages, selectors, services
from dashboard.policies.forms import sent_knobs


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "policies/index.html", {"nav": "policies", **pages.list_page(shop)})


@shop_page()
def detail(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    return render(request, "policies/detail.html", _context(pages.knobs_page(shop, placement, sent_knobs(request.GET))))


@shop_page()
def versions(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    return render(request, "policies/versions.html", _context(pages.versions_page(shop, placement)))


@shop_page()
def embed(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    host = request.build_absolute_uri("/")
    return render(request, "policies/embed.html", _context(pages.embed_page(shop, placement, host)))


@require_POST
@shop_page(role="editor")
def publish(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    policy = services.change_knobs(placement=placement, knobs=sent_knobs(request.POST), by=signed_in(request))
    messages.success(request, _("Version %(version)s is served from now on.") % {"version": policy.version})
    return redirect("policies:detail", shop.slug, slug)


@require_POST
@shop_page(role="editor")
def roll_back(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    earlier = selectors.policy_version(placement, _whole(request, "version"))
    policy = services.roll_back_policy(placement=placement, to=earlier, by=signed_in(request))
    words = {"earlier": earlier.version, "version": policy.version}
    messages.success(request, _("Version %(version)s serves what version %(earlier)s did.") % words)
    return redirect("policies:versions", shop.slug, slug)


def _context(page: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"nav": "policies", **page, **more}


def _whole(request: HttpRequest, name: str) -> int:
    value = request.POST.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise errors.Invalid(_("That entry is no longer there; load the page again."), fields={name: value[:20]})
    return int(value)
