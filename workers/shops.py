"""Work that a schedule does for every shop."""

from collections.abc import Callable

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops
from dashboard.core.each import each_on_its_own
from dashboard.core.pace import at_its_pace
from dashboard.core.tenancy import for_each_shop


def in_every_shop(work: Callable[[Shop], object], *, pace: str = "") -> None:
    """Calls `work(shop)` for one shop after the other, each time in the scope of that shop.

    A shop whose work fails keeps no other from its own. With `pace`, the name of the work, a shop whose turn was long
    is left out until it has rested from it (`dashboard.core.pace`).
    """
    scoped = for_each_shop(work)
    each_on_its_own(all_shops(), at_its_pace(pace, scoped) if pace else scoped)
