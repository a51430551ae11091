"""The people of a shop: invite, change and remove them; and the page that an invitation leads to."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts import login_throttle, team
from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.accounts.forms import AccountForm, InviteForm, RoleForm
from dashboard.accounts.views import settings_page
from dashboard.core import errors
from dashboard.core.addresses import client_network
from dashboard.core.sent_forms import cleaned


@require_POST
@shop_page("owner")
def invite(request: HttpRequest, shop: Shop) -> HttpResponse:
    sent = cleaned(InviteForm(request.POST))
    return _link_shown(request, shop, team.invite_member(shop=shop, actor=signed_in(request), **sent))


@require_POST
@shop_page("owner")
def renew(request: HttpRequest, shop: Shop, invitation_id: int) -> HttpResponse:
    invitation = team.invitation_of(shop, invitation_id)
    return _link_shown(request, shop, team.renew_invitation(invitation=invitation, actor=signed_in(request)))


def _link_shown(request: HttpRequest, shop: Shop, made: team.NewInvitation) -> HttpResponse:
    """The settings with the link, this once: it is in this answer and nowhere else."""
    link = request.build_absolute_uri(reverse("accounts:invitation", args=[made.token]))
    return settings_page(request, shop, new_link=link, invited=made.record.email)


@require_POST
@shop_page("owner")
def revoke(request: HttpRequest, shop: Shop, invitation_id: int) -> HttpResponse:
    team.revoke_invitation(invitation=team.invitation_of(shop, invitation_id), actor=signed_in(request))
    messages.success(request, _("The link opens nothing any more."))
    return redirect("settings:index", shop_slug=shop.slug)


@require_POST
@shop_page("owner")
def change_role(request: HttpRequest, shop: Shop, member_id: int) -> HttpResponse:
    member, sent = team.member_of(shop, member_id), cleaned(RoleForm(request.POST))
    team.change_role(member=member, role=sent["role"], actor=signed_in(request))
    messages.success(request, _("Saved."))
    return redirect("settings:index", shop_slug=shop.slug)


@require_POST
@shop_page("owner")
def remove(request: HttpRequest, shop: Shop, member_id: int) -> HttpResponse:
    member = team.member_of(shop, member_id)
    team.remove_member(member=member, actor=signed_in(request))
    if member.user == request.user:
        return redirect("accounts:home")
    messages.success(request, _("%(person)s sees this shop no longer.") % {"person": member.user})
    return redirect("settings:index", shop_slug=shop.slug)


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation leads: sign in, or make an account, and join. Looking at it uses nothing up."""
    address = client_network(request)
    if wait := login_throttle.UNKNOWN_LINKS.take(address):
        return _without_address(login_throttle.shut(request, wait))
    try:
        found = team.waiting_invitation(token)
    except errors.NotFound as problem:
        return _answer(request, {"problem": problem.message}, 404)
    login_throttle.UNKNOWN_LINKS.give_back(address)
    if request.method == "POST" and (wait := login_throttle.ONE_LINK.take(found.digest)):
        return _without_address(login_throttle.shut(request, wait))
    return _opened(request, token, found)


def _opened(request: HttpRequest, token: str, found: team.Invitation) -> HttpResponse:
    """The page of a link that waits, or what comes of its form."""
    form = AccountForm(request.POST if request.method == "POST" and not request.user.is_authenticated else None)
    context = {
        "found": found,
        "form": form,
        "has_account": team.account_of(found.email) is not None,
        "is_for_another": request.user.is_authenticated and not team.is_for(found, signed_in(request)),
    }
    if request.method == "GET":
        return _answer(request, context, 200)
    try:
        joined = _joined(request, token, form)
    except errors.ForageError as problem:
        for name, reason in problem.fields.items():
            form.add_error(name, reason)
        return _answer(request, context | {"refusal": "" if form.errors else problem.message}, problem.status)
    if joined is None:
        return _answer(request, context, 400)
    return redirect("overview:index", shop_slug=joined.slug)


def _joined(request: HttpRequest, token: str, form: AccountForm) -> Shop | None:
    """The shop that was joined; None where the form of a new account needs other values."""
    if request.user.is_authenticated:
        return team.accept_invitation(token=token, user=signed_in(request))
    if not form.is_valid():
        return None
    shop, user = team.accept_with_new_account(token=token, **form.cleaned_data)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return shop


def _answer(request: HttpRequest, context: dict[str, object], status: int) -> HttpResponse:
    return _without_address(render(request, "accounts/invitation.html", context, status=status))


def _without_address(response: HttpResponse) -> HttpResponse:
    # The address is the secret and goes into no referrer. “no-referrer” would make browsers send this page's own form
    # with `Origin: null`, which the check against forgery refuses.
    response["Referrer-Policy"] = "strict-origin"
    return response
