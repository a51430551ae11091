"""Where drawn pictures are served: a function of the address, without session, cookie or database."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.core.pictures.design import STYLE, Design
from dashboard.core.pictures.drawing import draw

A_YEAR_SECONDS = 31_536_000


@require_safe
def picture(request: HttpRequest, style: int, code: str) -> HttpResponse:
    """Kept for a year by whoever fetched it: another style has another address."""
    try:
        design = Design.of_code(code)
    except ValueError:
        raise Http404 from None
    if style != STYLE:
        raise Http404
    response = HttpResponse(draw(design), content_type="image/svg+xml")
    response["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # shops show it in their own pages
    return response
