"""The door to every page of a shop: a view gets the shop only if the person belongs to it."""

from collections.abc import Callable
from datetime import UTC
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.accounts.models import Membership, Shop, User
from dashboard.accounts.selectors import ROLE_RANK, membership_of
from dashboard.core import errors, tenancy

# Views name the type of what they get, without touching models.
__all__ = ["Shop", "may_edit", "shop_page", "signed_in", "staff_page"]


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that a `shop_page` let through."""
    return cast(User, request.user)


def may_edit(request: HttpRequest) -> bool:
    """Whether who looks at a shop's page may change what it shows."""
    membership = cast(Membership, request.membership)  # type: ignore[attr-defined]
    return membership.role != Membership.Role.VIEWER


def shop_page(
    role: str = Membership.Role.VIEWER,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Turn `view(request, shop, …)` into one that takes `shop_slug` from the address.

    A person without a role in that shop sees a 404, as if it did not exist; one whose role is too low a 403 with words.
    `request.shop` and `request.membership` are set for templates; times are shown on the shop's clock. What the view
    asks for stands in its `least_role`.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, shop_slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            membership = membership_of(request.user, shop_slug)  # type: ignore[arg-type]
            if membership is None:
                raise Http404
            tenancy.enter_shop(membership.shop_id)
            if ROLE_RANK[membership.role] < ROLE_RANK[role]:  # type: ignore[index]
                raise errors.Forbidden(_("Your role in this shop lets you look, not change. Ask an owner."))
            request.shop = membership.shop  # type: ignore[attr-defined]
            request.membership = membership  # type: ignore[attr-defined]
            _refuse_null_characters(request)
            with timezone.override(membership.shop.timezone):
                return view(request, membership.shop, *args, **kwargs)

        guarded.least_role = role  # type: ignore[attr-defined]
        return guarded

    return decorate


def staff_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page for whoever runs the installation, who sees the rows of every shop; to all others it does not exist."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not signed_in(request).is_staff:
            raise Http404
        tenancy.enter_operator()
        _refuse_null_characters(request)
        with timezone.override(UTC):
            return view(request, *args, **kwargs)

    return guarded


def _refuse_null_characters(request: HttpRequest) -> None:
    """No text in PostgreSQL holds one, and no browser sends one by itself."""
    if any("\x00" in text for sent in (request.GET, request.POST) for texts in sent.lists() for text in texts[1]):
        raise errors.Invalid(_("What was sent holds a NUL character, which no text here can."))
