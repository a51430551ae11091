"""The events page: what arrives, live, and what does not fit."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.events import pages, selectors, services
from dashboard.events.forms import NotInterestedForm, RetentionForm


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    context = {
        "nav": "events",
        "live": pages.live(shop),
        "refusals": pages.refusals(shop),
        "unknown": selectors.unknown_items(shop.pk),
        "bots": pages.bots(shop),
        "retention": pages.retention(shop),
        "not_interested_days": selectors.not_interested_days(shop.pk),
        "api": request.build_absolute_uri("/api/v1"),
    }
    return render(request, "events/index.html", context)


@shop_page()
def live(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The moving part, asked for every few seconds by a page that says what it shows."""
    found = pages.live_unless(shop, request.GET.get("seen", ""))
    return HttpResponse(status=204) if found is None else render(request, "events/_live.html", {"live": found})


@shop_page()
def awaited(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Asked by a page that waits for the first event: once it is there the page loads anew."""
    response = HttpResponse(status=204)
    if selectors.last_received_at(shop.pk) is not None:
        response["HX-Refresh"] = "true"
    return response


@shop_page()
def unknown_items(request: HttpRequest, shop: Shop) -> HttpResponse:
    """For the catalog page: items that visitors use and the catalog lacks."""
    return render(request, "events/_unknown_items.html", {"unknown": selectors.unknown_items(shop.pk)})


@require_POST
@shop_page("editor")
def count_again(request: HttpRequest, shop: Shop) -> HttpResponse:
    """A visitor who was taken for a bot is a person."""
    services.count_again(shop=shop, visitor_id=request.POST.get("visitor_id", ""), actor=signed_in(request))
    messages.success(request, _("This visitor counts from now on."))
    return redirect("events:index", shop_slug=shop.slug)


@require_POST
@shop_page("owner")
def retention(request: HttpRequest, shop: Shop) -> HttpResponse:
    form = RetentionForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("Enter a whole number of days, or nothing."))
    services.change_retention(shop=shop, days=form.cleaned_data["days"], actor=signed_in(request))
    messages.success(request, _("Saved."))
    return redirect("events:index", shop_slug=shop.slug)


@require_POST
@shop_page("editor")
def not_interested(request: HttpRequest, shop: Shop) -> HttpResponse:
    form = NotInterestedForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("Enter a whole number of days."))
    services.change_not_interested(shop=shop, days=form.cleaned_data["days"], actor=signed_in(request))
    messages.success(request, _("Saved."))
    return redirect("events:index", shop_slug=shop.slug)
