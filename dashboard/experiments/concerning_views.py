"""For the page of a segment: audiences, overrides and experiments that concern it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboard.accounts.access import Shop, shop_page
from dashboard.core import errors
from dashboard.experiments import concerning_pages
from dashboard.segments.selectors import segment


@require_GET
@shop_page()
def concerning(request: HttpRequest, shop: Shop, number: int) -> HttpResponse:
    if segment(shop, number) is None:
        raise errors.NotFound(_("There is no segment %(number)d in the published model.") % {"number": number})
    return render(request, "experiments/_concerning.html", concerning_pages.concerning_page(shop, number))
