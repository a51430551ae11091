"""The overview of a shop, what its navigation shows, and the search."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.accounts.access import Shop, shop_page
from dashboard.overview import kpis, selectors
from dashboard.overview.charts import sales_figure
from dashboard.overview.exploration import exploration_found
from dashboard.overview.needs import needs
from dashboard.segments.selectors import active_segments


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    figures = kpis.shop_figures(shop, _days(request))
    segments = active_segments(shop)
    context = {
        "nav": "overview",
        "setup": selectors.setup(shop),
        "manage": settings.MANAGE_COMMAND,
        "figures": figures,
        "periods": kpis.PERIODS,
        "changes": kpis.changes(figures),
        "enough_orders": figures.now.attributed_orders >= kpis.ORDERS_FOR_A_TREND,
        "sales": sales_figure(figures),
        "needs": needs(shop),
        "segments": sorted(segments, key=lambda segment: -segment.share),
        "largest_share": max((segment.share for segment in segments), default=1.0),
    }
    return render(request, "overview/index.html", context)


@shop_page()
def exploration(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What exploration found; a part of the overview that takes a moment."""
    days = _days(request)
    return render(request, "overview/_exploration.html", {"found": exploration_found(shop, days), "days": days})


@shop_page()
def standing(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The live parts of the navigation, asked for again and again by the page."""
    return render(request, "overview/standing.html")


@shop_page()
def search(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Items whose title or id holds the words, and visitors whose id begins so."""
    query = request.GET.get("q", "").strip()[:255]
    context = {
        "search_query": query,
        "items": selectors.found_items(shop, query),
        "visitors": selectors.found_visitors(shop, query),
    }
    return render(request, "overview/search.html", context)


def _days(request: HttpRequest) -> int:
    wanted = request.GET.get("days", "")
    return int(wanted) if wanted in {str(days) for days in kpis.PERIODS} else kpis.PERIODS[0]
