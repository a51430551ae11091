"""What the simulator needs of a shop: its wares, and a key of its own."""

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.core import errors
from dashboard.standalone.kept_keys import kept_key
from dashboard.standalone.traffic.tastes import ShopItem, Wares

KEY_NAME = "Simulator"


def wares_of(shop: Shop, seed: int) -> Wares:
    """Everything that the shop sells now. Raises `Invalid` where that is nothing."""
    rows = (
        Item.objects.filter(shop=shop, deleted_at__isnull=True, in_stock=True)
        .order_by("item_id")
        .values_list("item_id", "title", "categories", "price")
    )
    items = [ShopItem(item_id, title, tuple(names), float(price or 0)) for item_id, title, names, price in rows]
    if not items:
        raise errors.Invalid(f"“{shop.slug}” sells nothing yet: import items before you send shoppers.")
    return Wares(items, seed)


def simulator_key(shop: Shop) -> str:
    """The simulator's secret key of this shop. Revoke “Simulator” in the settings to stop it."""
    return kept_key(shop, folder="simulator", kind="sk", name=KEY_NAME)[0]
