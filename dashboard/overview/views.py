"""The overview of a shop, what its navigation shows, and the search."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.catalog.selectors import catalog_counts
from dashboard.core import ids
from dashboard.core.downloads import as_file
from dashboard.events.selectors import last_days
from dashboard.ledger.selectors import exploration_found, unsummed_days
from dashboard.overview import kpis, selectors, services
from dashboard.overview.access_request import visitor_export
from dashboard.overview.charts import sales_figure
from dashboard.overview.engine import engine
from dashboard.overview.needs import inbox
from dashboard.segments.selectors import active_segments


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    figures = kpis.shop_figures(shop, _days(request))
    segments, catalog = active_segments(shop), catalog_counts(shop.pk)
    context = {
        "nav": "overview",
        "setup": selectors.setup(shop),
        "manage": settings.MANAGE_COMMAND,
        "address": request.build_absolute_uri("/"),
        "has_front": settings.DEMO and shop.is_sample,
        "figures": figures,
        "periods": kpis.PERIODS,
        "sales": sales_figure(figures),
        "inbox": inbox(shop, catalog),
        "engine": engine(shop, catalog),
        "segments": sorted(segments, key=lambda segment: -segment.share),
        "largest_share": max((segment.share for segment in segments), default=1.0),
    }
    return render(request, "overview/index.html", context)


@shop_page()
def exploration(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What exploration found; a part of the overview that takes a moment."""
    period = last_days(shop, _days(request))
    context = {
        "found": exploration_found(shop, period),
        "unsummed": unsummed_days(shop, period.start, period.end),
        "days": period.days,
    }
    return render(request, "overview/_exploration.html", context)


@shop_page()
def standing(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The live parts of the navigation, asked for again and again by the page."""
    return render(request, "overview/standing.html")


@require_POST
@shop_page("editor")
def put_off(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Hide a line of “What needs you” for a day or a week."""
    days = request.POST.get("days", "")
    services.put_off(
        shop=shop,
        key=request.POST.get("key", ""),
        days=int(days) if days in ("1", "7") else 0,
        actor=signed_in(request),
    )
    return redirect("overview:index", shop_slug=shop.slug)


@require_POST
@shop_page("editor")
def bring_back(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Show again what was put off."""
    services.bring_back(shop=shop, actor=signed_in(request))
    return redirect("overview:index", shop_slug=shop.slug)


@require_POST
@shop_page("owner")
def access_request(request: HttpRequest, shop: Shop) -> HttpResponse:
    """All that is kept of a visitor, as a file for them to have."""
    found = visitor_export(shop, request.POST.get("visitor_id", "")[: ids.EXTERNAL_ID_MAX_LENGTH])
    services.note_access(shop=shop, by="", actor=signed_in(request))
    return as_file(JsonResponse(found, json_dumps_params={"indent": 1, "ensure_ascii": False}), "visitor.json")


@shop_page()
def search(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Items whose title or id holds the words, and visitors whose id begins so; an exact id opens its page."""
    query = request.GET.get("q", "").strip()[:255]
    if address := selectors.page_of_exactly(shop, query):
        return redirect(address)
    context = {
        "search_query": query,
        "items": selectors.found_items(shop, query),
        "visitors": selectors.found_visitors(shop, query),
    }
    return render(request, "overview/search.html", context)


def _days(request: HttpRequest) -> int:
    wanted = request.GET.get("days", "")
    return int(wanted) if wanted in {str(days) for days in kpis.PERIODS} else kpis.PERIODS[0]
