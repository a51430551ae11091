"""Feeds: files from the page, addresses by a schedule, and what became of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.catalog import feed_pages, feed_selectors, services
from dashboard.catalog.forms import AgreedForm, FeedForm, SourceForm
from dashboard.core.downloads import csv_file
from dashboard.core.sent_forms import cleaned


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    page = feed_pages.feeds_page(shop)
    return render(request, "catalog/feeds.html", {"nav": "catalog", "page": page})


@require_POST
@shop_page("editor")
def upload(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Take a feed of up to 20 MiB from the page; larger ones go through the command."""
    sent = cleaned(FeedForm(request.POST, request.FILES))
    feed_import = services.receive_upload(
        shop=shop,
        upload=sent["feed"],
        dry_run=sent["dry_run"],
        removes_missing=sent["removes_missing"],
        requested_by=signed_in(request),
    )
    return redirect("catalog:import", shop_slug=shop.slug, import_id=feed_import.pk)


@shop_page()
def feed_import(request: HttpRequest, shop: Shop, import_id: int) -> HttpResponse:
    page = feed_pages.import_page(
        shop, feed_selectors.feed_import(shop.pk, import_id), page=request.GET.get("page", "1")
    )
    return render(request, "catalog/import.html", {"nav": "catalog", "page": page})


@shop_page()
def live(request: HttpRequest, shop: Shop, import_id: int) -> HttpResponse:
    """The moving part of an import, asked for every two seconds; once it has ended the page loads anew."""
    found = feed_selectors.feed_import(shop.pk, import_id)
    response = render(request, "catalog/_live.html", {"feed_import": found})
    if not found.is_active:
        response["HX-Refresh"] = "true"
    return response


@shop_page()
def problems(request: HttpRequest, shop: Shop, import_id: int) -> StreamingHttpResponse:
    lines = feed_selectors.problem_lines(feed_selectors.feed_import(shop.pk, import_id))
    return csv_file(shop.pk, lines, f"refused-rows-{import_id}.csv")


@require_POST
@shop_page("editor")
def apply(request: HttpRequest, shop: Shop, import_id: int) -> HttpResponse:
    """Import for real what a dry run has looked at, or take out as many items as was asked back for."""
    real = services.import_previewed(
        feed_import=feed_selectors.feed_import(shop.pk, import_id),
        requested_by=signed_in(request),
        agreed_to=_agreed_to(request),
    )
    return redirect("catalog:import", shop_slug=shop.slug, import_id=real.pk)


@require_POST
@shop_page("editor")
def add(request: HttpRequest, shop: Shop) -> HttpResponse:
    services.add_feed_source(shop=shop, actor=signed_in(request), **cleaned(SourceForm(request.POST)))
    messages.success(request, _("The feed is being fetched for the first time."))
    return redirect("catalog:feeds", shop_slug=shop.slug)


@require_POST
@shop_page("editor")
def fetch(request: HttpRequest, shop: Shop, source_id: int) -> HttpResponse:
    found = services.fetch_now(
        source=feed_selectors.feed_source(shop.pk, source_id),
        actor=signed_in(request),
        agreed_to=_agreed_to(request),
    )
    return redirect("catalog:import", shop_slug=shop.slug, import_id=found.pk)


@require_POST
@shop_page("editor")
def pause(request: HttpRequest, shop: Shop, source_id: int) -> HttpResponse:
    source = feed_selectors.feed_source(shop.pk, source_id)
    services.pause_feed_source(source=source, is_paused=not source.is_paused, actor=signed_in(request))
    return redirect("catalog:feeds", shop_slug=shop.slug)


@require_POST
@shop_page("editor")
def remove(request: HttpRequest, shop: Shop, source_id: int) -> HttpResponse:
    services.remove_feed_source(source=feed_selectors.feed_source(shop.pk, source_id), actor=signed_in(request))
    messages.info(request, _("The feed is no longer fetched; its items stay."))
    return redirect("catalog:feeds", shop_slug=shop.slug)


def _agreed_to(request: HttpRequest) -> int:
    return int(cleaned(AgreedForm(request.POST))["agreed_to"])
