"""What the simulator needs of a shop: its wares, and a key of its own."""

from datetime import timedelta

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.core import clock, errors
from dashboard.standalone.kept_keys import kept_key
from dashboard.standalone.traffic.tastes import ShopItem, Wares

KEY_NAME = "Simulator"
DEMAND_DAYS = 90
# Lines of orders, by real customers alone: what simulated ones buy must not become what simulated ones like.
_DEMAND = """
    SELECT item_id, count(*) FILTER (WHERE type = 'purchase'), count(*) FILTER (WHERE type = 'refund'),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity) FILTER (WHERE type = 'purchase')
    FROM events_interaction
    WHERE shop_id = %(shop)s AND NOT simulated AND timestamp > %(since)s AND type IN ('purchase', 'refund')
    GROUP BY item_id
"""


def wares_of(shop: Shop, seed: int) -> Wares:
    """Everything that the shop sells now. Raises `Invalid` where that is nothing."""
    rows = (
        Item.objects.filter(shop=shop, deleted_at__isnull=True, in_stock=True)
        .order_by("item_id")
        .values_list("item_id", "title", "categories", "price")
    )
    demand, none = _demand(shop), (0, 0, 1)
    items = [
        ShopItem(item_id, title, tuple(names), float(price or 0), *demand.get(item_id, none))
        for item_id, title, names, price in rows
    ]
    if not items:
        raise errors.Invalid(f"“{shop.slug}” sells nothing yet: import items before you send shoppers.")
    return Wares(items, seed)


def _demand(shop: Shop) -> dict[str, tuple[int, int, int]]:
    """{item: lines of orders, of them sent back, usual pieces} of the last weeks."""
    with connection.cursor() as cursor:
        cursor.execute(_DEMAND, {"shop": shop.pk, "since": clock.now() - timedelta(days=DEMAND_DAYS)})
        return {item_id: (sold, sent_back, pieces or 1) for item_id, sold, sent_back, pieces in cursor.fetchall()}


def simulator_key(shop: Shop) -> str:
    """The simulator's secret key of this shop. Revoke “Simulator” in the settings to stop it."""
    return kept_key(shop, folder="simulator", kind="sk", name=KEY_NAME)[0]
