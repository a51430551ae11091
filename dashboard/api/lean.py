"""The short way through the API, for what a shop calls at every page: no middleware of pages, no negotiation.

A Django request of a page passes ten layers more (sessions, CSRF, messages …), and DRF makes a serializer's fields anew
for each: 4 ms of CPU together, where a slate itself costs less.
"""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch, resolve
from django.utils import translation
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from dashboard.api.queries import ShopView, refuse_unknown

LEAN_PATHS = frozenset({"/api/v1/events", "/api/v1/recommendations"})
MEDIA_TYPES = ("application/json", "text/plain", "")
# What the skipped layers would have said of an answer that no browser shows as a page.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Language",
}


def answered(request: HttpRequest) -> HttpResponse:
    """The answer of the view at a lean path, in the language that the client asks for."""
    spoken(request)
    request.resolver_match = _match(request.path_info)
    response: HttpResponse = request.resolver_match.func(request)
    if not getattr(response, "is_rendered", True):
        response.render()  # type: ignore[attr-defined]
    return dressed(response)


def spoken(request: HttpRequest) -> None:
    """Answer in the language that the client asks for."""
    translation.activate(translation.get_language_from_request(request))


def dressed(response: HttpResponse) -> HttpResponse:
    """With the headers of every answer."""
    for name, value in {**_HEADERS, "Content-Length": str(len(response.content))}.items():
        response.headers.setdefault(name, value)
    return response


@lru_cache(maxsize=len(LEAN_PATHS))
def view_of(path: str) -> tuple[ResolverMatch, "LeanView"]:
    """What answers at a lean path; one view for all requests, which it keeps nothing of."""
    match = _match(path)
    return match, match.func.view_class()  # type: ignore[attr-defined]


@lru_cache(maxsize=len(LEAN_PATHS))
def _match(path: str) -> ResolverMatch:
    return resolve(path)


class LeanView(ShopView):
    """A view whose `post` answers at once, after key, permission and limit; everything else is as DRF does it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        self.request = Request(request, authenticators=self.get_authenticators())
        self.headers: dict[str, str] = self.default_response_headers
        try:
            self.perform_authentication(self.request)
            self.check_permissions(self.request)
            self.check_throttles(self.request)
            if request.META.get("QUERY_STRING"):
                refuse_unknown(self.request, known=("key",))
            _check_media_type(request)
            answer: HttpResponse = self.post(self.request)
            return answer
        except Exception as problem:  # DRF turns what it knows into an answer and raises the rest again
            return self.finalize_response(self.request, self.handle_exception(problem), *args, **kwargs)


def _check_media_type(request: HttpRequest) -> None:
    media_type = (request.content_type or "").strip().lower()
    if media_type not in MEDIA_TYPES:
        raise UnsupportedMediaType(media_type)
