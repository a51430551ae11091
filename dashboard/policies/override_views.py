"""The overrides of a placement: the list, and what is done with one in the draft."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.policies import override_pages, services
from dashboard.policies.forms import sent_knobs, whole_number


@require_GET
@shop_page()
def overrides(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """The list; with `?edit=ID` the override of that audience stands in the form."""
    placement = services.placement_at_hand(shop, slug)
    editing = whole_number(request.GET, "edit") if "edit" in request.GET else None
    page = override_pages.overrides_page(shop, placement, editing)
    return render(request, "policies/overrides.html", {"nav": "policies", **page})


@require_POST
@shop_page(role="editor")
def keep(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Keep the knobs of an override in the draft; those that are left empty are inherited."""
    placement = services.placement_at_hand(shop, slug)
    knobs = sent_knobs(request.POST)
    if not knobs:
        raise errors.Invalid(_("Change at least one knob, or there is nothing to override."))
    audience_id = whole_number(request.POST, "audience")
    services.draft_override(placement=placement, audience_id=audience_id, knobs=knobs, by=signed_in(request))
    messages.success(request, _("The override is in the draft; it acts once the draft is published."))
    return redirect("policies:overrides", shop.slug, slug)


@require_POST
@shop_page(role="editor")
def remove(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    audience_id = whole_number(request.POST, "audience")
    services.draft_without_override(placement=placement, audience_id=audience_id, by=signed_in(request))
    return redirect("policies:overrides", shop.slug, slug)


@require_POST
@shop_page(role="editor")
def earlier(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    audience_id = whole_number(request.POST, "audience")
    services.draft_override_earlier(placement=placement, audience_id=audience_id, by=signed_in(request))
    return redirect("policies:overrides", shop.slug, slug)
