"""Who may see the front: everybody, where it is switched on and the sample shop is there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.accounts.access import Shop
from dashboard.accounts.selectors import sample_shop
from dashboard.core import tenancy


def demo_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the sample shop, and only its rows."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        shop: Shop | None = sample_shop() if settings.DEMO else None
        if shop is None:
            raise Http404
        tenancy.enter_shop(shop.pk)
        with timezone.override(shop.timezone):
            return view(request, shop, *args, **kwargs)

    return guarded


def demo_get(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return require_GET(demo_page(view))
