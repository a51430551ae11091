"""What the simulator needs of a shop: its wares, and a key of its own."""

import os
from pathlib import Path

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import live_key
from dashboard.accounts.services import issue_key
from dashboard.catalog.models import Item
from dashboard.core import errors
from dashboard.standalone.discovery import data_folder
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
    """The simulator's secret key of this shop, kept in a private file of the data folder; a new one where it is dead.

    One key for ever, so that a killed simulator leaves none behind. Revoke “Simulator” in the settings to stop it.
    """
    file = data_folder() / "simulator" / f"{shop.slug}.key"
    plain = file.read_text(encoding="ascii").strip() if file.exists() else ""
    record = live_key(plain) if plain else None
    if record is not None and record.shop_id == shop.pk:
        return plain
    plain = issue_key(shop=shop, kind="sk", name=KEY_NAME).plain
    _write_private(file, plain)
    return plain


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(text)
    part.replace(file)
