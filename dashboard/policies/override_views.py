"""The overrides of a placement: the list, and what is done with one in the draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.policies import override_pages, services
from dashboard.policies.forms import RuleForm, sent_knobs, whole_number
from dashboard.policies.rule_pages import Checked
from dashboard.policies.rule_views import checked, rule_form


@require_GET
@shop_page()
def overrides(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """The list; with `?edit=ID` the override of that audience stands in the form, with `?visitor_id=` it is told which
    override that visitor meets."""
    placement = services.placement_at_hand(shop, slug)
    editing = whole_number(request.GET, "edit") if "edit" in request.GET else None
    return _shown(request, shop, placement, editing, rule_form(shop))


@require_POST
@shop_page(role="editor")
def keep(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Keep the knobs of an override in the draft; those that are left empty are inherited."""
    placement = services.placement_at_hand(shop, slug)
    audience_id, knobs = whole_number(request.POST, "audience"), sent_knobs(request.POST)
    goes_on = request.POST.get("then") == "rules"
    page = override_pages.overrides_page(shop, placement, audience_id)
    if not knobs and not page["edited_rules"] and not goes_on:
        raise errors.Invalid(_("Change at least one knob, or there is nothing to override."))
    if knobs or page["edited_rules"]:
        services.draft_override(placement=placement, audience_id=audience_id, knobs=knobs, by=signed_in(request))
        messages.success(request, _("The override is in the draft; it acts once the draft is published."))
    return _back(shop, slug, audience_id if goes_on else None)


@require_POST
@shop_page(role="editor")
def add_rule(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Let a rule act for an audience: at once where nothing is doubtful of it, else when that is confirmed."""
    placement = services.placement_at_hand(shop, slug)
    audience_id, form = whole_number(request.POST, "audience"), rule_form(shop, request.POST)
    if not form.is_valid():
        return _shown(request, shop, placement, audience_id, form, status=400)
    found = checked(shop, placement, form, audience=audience_id)
    agreed = form.cleaned_data["confirmed"] == found.check.agreement
    if found.check.is_refused or (found.check.doubts and not agreed):
        return _shown(request, shop, placement, audience_id, form, status=409, doubtful=found)
    rule = found.check.rule.to_dict()
    services.draft_override_rule(placement=placement, audience_id=audience_id, rule=rule, by=signed_in(request))
    messages.success(request, _("The rule is in the draft; it acts for this audience once the draft is published."))
    return _back(shop, slug, audience_id)


@require_POST
@shop_page(role="editor")
def remove_rule(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    audience_id, key = whole_number(request.POST, "audience"), request.POST.get("rule", "")
    services.draft_without_override_rule(placement=placement, audience_id=audience_id, key=key, by=signed_in(request))
    return _back(shop, slug, audience_id)


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


def _shown(
    request: HttpRequest,
    shop: Shop,
    placement: Any,
    editing: int | None,
    form: RuleForm,
    *,
    status: int = 200,
    doubtful: Checked | None = None,
) -> HttpResponse:
    visitor_id = request.GET.get("visitor_id", "").strip()[:255]
    page = override_pages.overrides_page(shop, placement, editing, visitor_id)
    context = {"nav": "policies", **page, "form": form, "checked": doubtful}
    return render(request, "policies/overrides.html", context, status=status)


def _back(shop: Shop, slug: str, editing: int | None) -> HttpResponse:
    """To the list, or to the rules of the override that is edited."""
    address = reverse("policies:overrides", args=[shop.slug, slug])
    return redirect(address if editing is None else f"{address}?edit={editing}#override-rules")
