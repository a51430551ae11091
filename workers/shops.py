"""Work that a schedule does for every shop."""

from collections.abc import Callable

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops
from dashboard.core.each import each_on_its_own
from dashboard.core.tenancy import for_each_shop


def in_every_shop(work: Callable[[Shop], object]) -> None:
    """Calls `work(shop)` for one shop after the other, each time in the scope of that shop.

    A shop whose work fails keeps no other from its own.
    """
    each_on_its_own(all_shops(), for_each_shop(work))
