"""Sign-in, the way to the shop, and its settings."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard.accounts.access import shop_page
from dashboard.accounts.selectors import shops_of


class SignIn(LoginView):
    """The door for people; keys never open it."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the one shop, or let choose."""
    shops = list(shops_of(request.user))  # type: ignore[arg-type]
    if len(shops) == 1:
        return redirect("overview:index", shop_slug=shops[0].slug)
    return render(request, "accounts/shops.html", {"shops": shops})


@shop_page()
def shop_settings(request: HttpRequest, shop: object) -> HttpResponse:
    return render(request, "accounts/settings.html", {"nav": "settings"})
