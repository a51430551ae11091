"""What a person changes of themselves: name and password. It belongs to no shop."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts import services
from dashboard.accounts.access import signed_in
from dashboard.accounts.forms import NameForm


@require_safe
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
@login_required
def change_name(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, status=400, name_form=form)
    services.change_name(user=signed_in(request), name=form.cleaned_data["name"])
    messages.success(request, _("Saved."))
    return redirect("accounts:profile")


@require_POST
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Every other browser of this person is signed out by it."""
    form = PasswordChangeForm(signed_in(request), request.POST)
    if not form.is_valid():
        return _page(request, status=400, password_form=form)
    update_session_auth_hash(request, form.save())
    messages.success(request, _("Your password is changed; other browsers are signed out."))
    return redirect("accounts:profile")


def _page(request: HttpRequest, *, status: int = 200, **forms: object) -> HttpResponse:
    return render(request, "accounts/profile.html", forms, status=status)
