"""What the navigation of every page knows of the shop."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dashboard.overview.selectors import standing as shop_standing


def standing(request: HttpRequest) -> dict[str, object]:
    """Lazy: fragments that show no navigation cost nothing."""
    shop = getattr(request, "shop", None)
    return {"standing": SimpleLazyObject(lambda: shop_standing(shop))} if shop else {}
