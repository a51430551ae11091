"""What of the catalog is no merchandise, and the merchant's word on it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.catalog.forms import MerchandiseForm
from dashboard.catalog.merchandise_pages import merchandise_page
from dashboard.catalog.services import say_merchandise
from dashboard.core.sent_forms import cleaned


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "catalog/merchandise.html", {"nav": "catalog", "page": merchandise_page(shop)})


@require_POST
@shop_page("editor")
def say(request: HttpRequest, shop: Shop) -> HttpResponse:
    sent = cleaned(MerchandiseForm(request.POST))
    is_merchandise = sent["is_merchandise"] == "yes"
    say_merchandise(shop=shop, item_id=sent["item"], is_merchandise=is_merchandise, said_by=signed_in(request))
    if is_merchandise:
        messages.success(request, _("It may be shown again from now on, and models learn of it at the next training."))
    else:
        messages.success(request, _("No slate shows it from now on, and the next training leaves it out."))
    return redirect("catalog:merchandise", shop_slug=shop.slug)
