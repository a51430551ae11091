"""Where the links and pictures of slates in e-mails lead: open to whoever holds the mail."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from dashboard.core.errors import NotFound
from dashboard.serving import email


@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """To the item's own address in the shop, and the click counts."""
    return _led(request, token, email.followed, kept="no-store")


@require_safe
def image(request: HttpRequest, token: str) -> HttpResponse:
    """To the item's picture, and that it was seen counts."""
    response = _led(request, token, email.pictured, kept="public, max-age=3600")
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _led(request: HttpRequest, token: str, address_of: email.Leads, *, kept: str) -> HttpResponse:
    agent = "headlesschrome" if request.method == "HEAD" else request.headers.get("User-Agent", "")
    try:
        address = address_of(email.place_of(token), agent=agent)
    except NotFound as gone:
        return HttpResponse(gone.message, status=404, content_type="text/plain; charset=utf-8")
    except email.TooOften as refusal:
        response = HttpResponse(refusal.message, status=429, content_type="text/plain; charset=utf-8")
        response["Retry-After"] = "60"
        return response
    found = HttpResponseRedirect(address)
    found["Cache-Control"] = kept
    found["Referrer-Policy"] = "no-referrer"
    return found
