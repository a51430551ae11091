"""The front of the sample shop."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop
from dashboard.standalone.demo import storefront, visitors
from dashboard.standalone.demo.access import demo_get, demo_page
from dashboard.standalone.demo.key import demo_key
from dashboard.standalone.demo.thoughts import thoughts

A_DAY_SECONDS = 86_400


@demo_get
def home(request: HttpRequest, shop: Shop) -> HttpResponse:
    found = storefront.with_pictures(shop, storefront.categories(shop))
    return _page(request, shop, "home", {"tiles": found})


@demo_get
def category(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    found, items = storefront.items_of(shop, slug, request.GET.get("page", "1"))
    return _page(request, shop, "category", {"category": found, "page": items})


@demo_get
def product(request: HttpRequest, shop: Shop, item_id: str) -> HttpResponse:
    return _page(request, shop, "product", {"item": storefront.item(shop, item_id)})


@demo_get
def basket(request: HttpRequest, shop: Shop) -> HttpResponse:
    return _page(request, shop, "basket", {})


@demo_get
def what_forage_thinks(request: HttpRequest, shop: Shop) -> HttpResponse:
    """A fragment for demo.js."""
    visitor_id = visitors.visitor_of(request, visitors.known_visitors(shop))
    context = thoughts(shop, visitor_id, request.GET.get("slate", ""))
    return render(request, "demo/_thoughts.html", {**context, "visitor_id": visitor_id, "demo_shop": shop})


@require_POST
@demo_page
def choose_visitor(request: HttpRequest, shop: Shop) -> HttpResponse:
    wanted = visitors.chosen_visitor(request.POST.get("visitor", ""), visitors.known_visitors(shop))
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return _remembering(redirect(target if is_ours and target.startswith("/demo/") else "demo:home"), wanted)


def _page(request: HttpRequest, shop: Shop, name: str, context: dict[str, Any]) -> HttpResponse:
    known = visitors.known_visitors(shop)
    visitor_id = visitors.visitor_of(request, known)
    common = {
        "demo_shop": shop,
        "key": demo_key(shop, f"{request.scheme}://{request.get_host()}"),
        "categories": storefront.categories(shop),
        "known": known,
        "visitor_id": visitor_id,
        "is_new": visitors.is_newcomer(visitor_id),
    }
    return _remembering(render(request, f"demo/{name}.html", {**common, **context}), visitor_id)


def _remembering(response: HttpResponse, visitor_id: str) -> HttpResponse:
    response.set_cookie(
        visitors.COOKIE, visitor_id, max_age=A_DAY_SECONDS, path="/demo/", httponly=True, samesite="Lax"
    )
    return response
