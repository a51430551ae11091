"""The overview of a shop, what its navigation shows, and the search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.accounts.access import Shop, shop_page


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "overview/index.html", {"nav": "overview"})


@shop_page()
def standing(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The live parts of the navigation, asked for again and again by the page."""
    return render(request, "overview/standing.html")


@shop_page()
def search(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Items whose title or id holds the words, and the visitor of that id."""
    query = request.GET.get("q", "").strip()[:255]
    return render(request, "overview/search.html", {"search_query": query})
