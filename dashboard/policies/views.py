"""Placements: the list, and the four tabs of each."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.policies import pages, selectors, services
from dashboard.policies.forms import NoteForm, sent_knobs, whole_number


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "policies/index.html", {"nav": "policies", **pages.list_page(shop)})


@shop_page()
def detail(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    published_now = whole_number(request.GET, "published") if "published" in request.GET else 0
    page = pages.knobs_page(shop, placement, sent_knobs(request.GET), published_now)
    return render(request, "policies/detail.html", _context(page))


@require_GET
@shop_page()
def exposures(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """What each group was shown so far, by what fairness goes by in the draft."""
    placement = services.placement_at_hand(shop, slug)
    return render(request, "policies/_exposures.html", pages.exposures_page(shop, placement))


@shop_page()
def versions(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    return render(request, "policies/versions.html", _context(pages.versions_page(shop, placement)))


@shop_page()
def embed(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    host = request.build_absolute_uri("/")
    return render(request, "policies/embed.html", _context(pages.embed_page(shop, placement, host)))


@require_GET
@shop_page(role="editor")
def confirm(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """What publishing the draft does, or going back to `version`: a dialog for htmx, a page without scripts."""
    placement = services.placement_at_hand(shop, slug)
    back_to = (
        selectors.policy_version(placement, whole_number(request.GET, "version")) if "version" in request.GET else None
    )
    template = "policies/_confirm.html" if request.htmx else "policies/confirm.html"  # type: ignore[attr-defined]
    return render(request, template, _context(pages.confirm_page(shop, placement, back_to)))


@require_POST
@shop_page(role="editor")
def publish(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    try:
        policy = services.publish_draft(
            placement=placement,
            revision=whole_number(request.POST, "revision"),
            by=signed_in(request),
            note=_note(request),
        )
    except errors.Conflict as conflict:
        messages.warning(request, conflict.message)
        return redirect("policies:confirm", shop.slug, slug)
    return _told(shop, slug, policy.version)


@require_POST
@shop_page(role="editor")
def roll_back(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    earlier = selectors.policy_version(placement, whole_number(request.POST, "version"))
    try:
        policy = services.roll_back_policy(
            placement=placement,
            to=earlier,
            by=signed_in(request),
            note=_note(request),
            seen=whole_number(request.POST, "published"),
        )
    except errors.Conflict as conflict:
        messages.warning(request, conflict.message)
        return redirect("policies:versions", shop.slug, slug)
    return _told(shop, slug, policy.version)


@require_POST
@shop_page(role="editor")
def undo(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    policy = services.undo_publish(
        placement=placement, version=whole_number(request.POST, "version"), by=signed_in(request)
    )
    return _told(shop, slug, policy.version)


def _told(shop: Shop, slug: str, version: int) -> HttpResponse:
    """The page that says what is published now, who sees it, and offers to undo it."""
    address = redirect("policies:detail", shop.slug, slug)
    address["Location"] += f"?published={version}"
    return address


def _note(request: HttpRequest) -> str:
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("The note is too long."), fields={"note": str(form.errors["note"][0])})
    return str(form.cleaned_data["note"])


def _context(page: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"nav": "policies", **page, **more}
