"""The catalog page: health, search, and a feed from a file."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.accounts.services import record_audit
from dashboard.catalog import pages, services
from dashboard.catalog.forms import FeedForm
from dashboard.core import errors, formats


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    page = pages.catalog_page(
        shop,
        text=request.GET.get("q", ""),
        lacking=request.GET.get("lacking", ""),
        page=request.GET.get("page", "1"),
    )
    return render(request, "catalog/index.html", {"nav": "catalog", "page": page})


@require_POST
@shop_page("editor")
def upload(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Import a feed of up to 20 MiB from the page; larger ones go through the command."""
    form = FeedForm(request.POST, request.FILES)
    if not form.is_valid():
        raise errors.Invalid(" ".join(str(message) for messages_ in form.errors.values() for message in messages_))
    report = services.import_uploaded_items(shop=shop, upload=form.cleaned_data["feed"])
    record_audit(
        shop=shop, actor=signed_in(request), action="catalog.imported", rows=report.rows, refused=report.rejected_count
    )
    messages.success(
        request,
        ngettext("%(count)s item was taken.", "%(count)s items were taken.", report.accepted)
        % {"count": formats.number(report.accepted)},
    )
    if report.rejected_count:
        return render(request, "catalog/report.html", {"nav": "catalog", "report": report})
    return redirect("catalog:index", shop_slug=shop.slug)
