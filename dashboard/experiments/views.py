from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.accounts.access import shop_page


@shop_page()
def index(request: HttpRequest, shop: object) -> HttpResponse:
    return render(request, "experiments/index.html", {"nav": "experiments"})
