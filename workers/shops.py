"""Work that a schedule does for every shop."""

from collections.abc import Callable

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops
from dashboard.core.tenancy import shop_scope


def in_every_shop(work: Callable[[Shop], object]) -> None:
    """Calls `work(shop)` for one shop after the other, each time in the scope of that shop."""
    for shop in all_shops():
        with shop_scope(shop.pk):
            work(shop)
