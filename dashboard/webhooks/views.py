"""Webhooks: the list, one with its log, and what is done with one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.audiences.selectors import audiences_of
from dashboard.core import errors
from dashboard.webhooks import pages, selectors, services
from dashboard.webhooks.forms import AudiencesForm, EndpointForm


@require_GET
@shop_page("editor")
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "webhooks/index.html", {"nav": "audiences", **pages.list_page(shop)})


@require_GET
@shop_page("editor")
def detail(request: HttpRequest, shop: Shop, endpoint_id: int) -> HttpResponse:
    return _detail(request, shop, endpoint_id)


@require_POST
@shop_page("owner")
def create(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Make a webhook and show its secret, this once: it is in this answer and nowhere else."""
    form = EndpointForm(request.POST, offered=_offered(shop))
    try:
        if not form.is_valid():
            raise errors.Invalid(_("Enter an address, and choose at least one audience."))
        given = form.cleaned_data
        made = services.create_endpoint(
            shop=shop, url=given["url"], audience_ids=given["audiences"], by=signed_in(request)
        )
    except (errors.Invalid, errors.Conflict) as problem:
        sent = {"refused": problem.message, "url": request.POST.get("url", ""), "chosen": form.cleaned_data}
        context = {"nav": "audiences", **pages.list_page(shop), **sent}
        return render(request, "webhooks/index.html", context, status=problem.status)
    return _detail(request, shop, made.endpoint.pk, secret=made.secret)


@require_POST
@shop_page("owner")
def change(request: HttpRequest, shop: Shop, endpoint_id: int) -> HttpResponse:
    found, form = selectors.endpoint_of(shop, endpoint_id), AudiencesForm(request.POST, offered=_offered(shop))
    if not form.is_valid():
        raise errors.Invalid(_("Choose at least one audience of the shop."))
    services.change_endpoint(endpoint=found, audience_ids=form.cleaned_data["audiences"], by=signed_in(request))
    messages.success(request, _("Saved. Changes of these audiences are told from now on."))
    return redirect("webhooks:detail", shop.slug, endpoint_id)


@require_POST
@shop_page("owner")
def rotate(request: HttpRequest, shop: Shop, endpoint_id: int) -> HttpResponse:
    """A new secret, shown this once."""
    made = services.rotate_secret(endpoint=selectors.endpoint_of(shop, endpoint_id), by=signed_in(request))
    return _detail(request, shop, endpoint_id, secret=made.secret, is_rotated=True)


@require_POST
@shop_page("owner")
def pause(request: HttpRequest, shop: Shop, endpoint_id: int) -> HttpResponse:
    """Pause it, or let it go on."""
    is_paused = request.POST.get("is_paused") == "yes"
    found = selectors.endpoint_of(shop, endpoint_id)
    services.change_endpoint(endpoint=found, is_paused=is_paused, by=signed_in(request))
    said = _("Paused. Messages wait, for 30 days.") if is_paused else _("It goes on with what has waited.")
    messages.success(request, said)
    return redirect("webhooks:detail", shop.slug, endpoint_id)


@require_POST
@shop_page("owner")
def test(request: HttpRequest, shop: Shop, endpoint_id: int) -> HttpResponse:
    services.send_test(endpoint=selectors.endpoint_of(shop, endpoint_id), by=signed_in(request))
    messages.success(request, _("A test message is on its way; load the page again to see what was answered."))
    return redirect("webhooks:detail", shop.slug, endpoint_id)


@require_POST
@shop_page("owner")
def replay(request: HttpRequest, shop: Shop, endpoint_id: int) -> HttpResponse:
    """Send one message again, or all that were refused."""
    found, number = selectors.endpoint_of(shop, endpoint_id), request.POST.get("delivery", "")
    if number and not (number.isascii() and number.isdigit() and len(number) < 19):
        raise errors.NotFound(_("There is no such message in the log."))
    delivery_id = int(number) if number else None
    again = services.replay(endpoint=found, delivery_id=delivery_id, by=signed_in(request))
    said = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", again)
    messages.success(request, said % {"count": again})
    return redirect("webhooks:detail", shop.slug, endpoint_id)


@require_POST
@shop_page("owner")
def remove(request: HttpRequest, shop: Shop, endpoint_id: int) -> HttpResponse:
    services.remove_endpoint(endpoint=selectors.endpoint_of(shop, endpoint_id), by=signed_in(request))
    messages.success(request, _("The webhook is removed."))
    return redirect("webhooks:index", shop.slug)


def _detail(request: HttpRequest, shop: Shop, endpoint_id: int, **shown_once: Any) -> HttpResponse:
    found = selectors.endpoint_of(shop, endpoint_id)
    number = request.GET.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    context = {"nav": "audiences", **pages.endpoint_page(shop, found, page), **shown_once}
    response = render(request, "webhooks/detail.html", context)
    if shown_once:
        response["Cache-Control"] = "no-store"
    return response


def _offered(shop: Shop) -> list[int]:
    return list(audiences_of(shop).values_list("pk", flat=True))
