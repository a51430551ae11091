"""Sign-in, the way to the shop, and its settings."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.accounts import selectors, services, team
from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.accounts.audit import latest_changes
from dashboard.accounts.choices import currency_choices, zone_choices
from dashboard.accounts.forms import KeyForm, LimitForm, RotationForm, ShopForm
from dashboard.accounts.selectors import shops_of
from dashboard.core import clock
from dashboard.core.sent_forms import cleaned


class SignIn(LoginView):
    """The door for people; keys never open it."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, has_sample_shop=selectors.has_sample_shop())


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the one shop; let choose among several, or where the choice was asked for (`?choose`)."""
    shops = shops_of(request.user)  # type: ignore[arg-type]
    if len(shops) == 1 and "choose" not in request.GET:
        return redirect("overview:index", shop_slug=shops[0].slug)
    return render(request, "accounts/shops.html", {"shops": shops})


@shop_page()
def shop_settings(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "accounts/settings.html", _settings(shop))


@require_POST
@shop_page("owner")
def change_shop(request: HttpRequest, shop: Shop) -> HttpResponse:
    form = ShopForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/settings.html", _settings(shop, shop_form=form), status=400)
    services.change_shop(shop=shop, actor=signed_in(request), **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("settings:index", shop_slug=shop.slug)


@require_POST
@shop_page("owner")
def issue_key(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Make a key and show it, this once: it is in this answer and nowhere else."""
    given = cleaned(KeyForm(request.POST))
    key = services.issue_key(
        shop=shop,
        kind=given["kind"],
        name=given["name"],
        allowed_origins=given["origins"],
        scopes=given["scopes"],
        requests_per_minute=given["limit"],
        expires_at=clock.now() + given["days"] * clock.DAY if given["days"] else None,
        actor=signed_in(request),
    )
    return settings_page(request, shop, new_key=key)


@require_POST
@shop_page("owner")
def rotate_key(request: HttpRequest, shop: Shop, key_id: int) -> HttpResponse:
    """Make the successor of a key and show it, this once."""
    old, sent = selectors.key_of(shop, key_id), cleaned(RotationForm(request.POST))
    key = services.rotate_key(key=old, grace=sent["days"] * clock.DAY, actor=signed_in(request))
    return settings_page(request, shop, new_key=key)


def settings_page(request: HttpRequest, shop: Shop, **shown_once: object) -> HttpResponse:
    """The settings with something that is shown this once."""
    response = render(request, "accounts/settings.html", _settings(shop, **shown_once))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@shop_page("owner")
def limit_key(request: HttpRequest, shop: Shop, key_id: int) -> HttpResponse:
    key, sent = selectors.key_of(shop, key_id), cleaned(LimitForm(request.POST))
    services.limit_key(key=key, requests_per_minute=sent["limit"], actor=signed_in(request))
    messages.success(request, _("Saved. Every server knows the new limit within a second."))
    return redirect("settings:index", shop_slug=shop.slug)


@require_POST
@shop_page("owner")
def revoke_key(request: HttpRequest, shop: Shop, key_id: int) -> HttpResponse:
    services.revoke_key(key=selectors.key_of(shop, key_id), actor=signed_in(request))
    messages.success(request, _("The key opens nothing any more."))
    return redirect("settings:index", shop_slug=shop.slug)


def _settings(shop: Shop, **more: object) -> dict[str, object]:
    return {
        "nav": "settings",
        "members": selectors.members_of(shop),
        "invitations": team.invitations_of(shop),
        "roles": selectors.member_roles(),
        "keys": selectors.keys_of(shop),
        "audit": latest_changes(shop),
        "scopes": selectors.key_scopes(),
        "limits": selectors.default_limits(),
        "ceiling": settings.API_REQUESTS_PER_MINUTE,
        "zones": zone_choices(shop.timezone),
        "currencies": currency_choices(shop.currency),
        **more,
    }
