"""The catalog page: health and search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.accounts.access import Shop, shop_page
from dashboard.catalog import pages


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    page = pages.catalog_page(
        shop,
        text=request.GET.get("q", ""),
        lacking=request.GET.get("lacking", ""),
        page=request.GET.get("page", "1"),
    )
    context = {"nav": "catalog", "page": page, "api": request.build_absolute_uri("/api/v1")}
    return render(request, "catalog/index.html", context)
