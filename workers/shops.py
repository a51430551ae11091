"""Work that is done for one shop, or by a schedule for every one."""

from collections.abc import Callable

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops, shop_by_id
from dashboard.core.each import each_on_its_own
from dashboard.core.pace import at_its_pace
from dashboard.core.tenancy import for_each_shop, shop_scope


def in_shop(shop_id: int, work: Callable[[Shop], object]) -> None:
    """Calls `work(shop)` in the scope of that shop; nothing where it is gone by now."""
    with shop_scope(shop_id):
        if (shop := shop_by_id(shop_id)) is not None:
            work(shop)


def in_every_shop(work: Callable[[Shop], object], *, pace: str = "") -> None:
    """Calls `work(shop)` for one shop after the other, each time in the scope of that shop.

    A shop whose work fails keeps no other from its own. With `pace`, the name of the work, a shop whose turn was long
    is left out until it has rested from it (`dashboard.core.pace`).
    """
    scoped = for_each_shop(work)
    each_on_its_own(all_shops(), at_its_pace(pace, scoped) if pace else scoped)
