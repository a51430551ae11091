"""Load the sample shop, through the same services as any shop's own data."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pandas as pd
from django.conf import settings

from dashboard.accounts.models import Membership, Shop
from dashboard.accounts.services import add_member, create_shop
from dashboard.catalog.services import import_items
from dashboard.core import errors
from dashboard.core.imports import ImportReport
from dashboard.events.services import import_events, refresh_daily_kpis
from dashboard.policies.services import ensure_default_placements
from dashboard.standalone.credentials import MERCHANT_EMAIL, merchant_passphrase
from dashboard.standalone.sample import SAMPLE_NAME, SAMPLE_SHOP
from dashboard.standalone.sample.loading import CURRENCY, ZONE, catalog_table, events_table

MERCHANT_NAME = "Holly"
# Shares of the time: 2 s of 60 for the catalog, 54 for the interactions, 4 for the daily sums (two busy cores).
CATALOG_SHARE, EVENTS_SHARE = 0.03, 0.9

Report = Callable[[str, float], None]


def load_sample(*, report: Report = lambda text, fraction: None) -> Shop:
    """Make the shop, its merchant, catalog, year of interactions, placements and daily sums.

    What an earlier, interrupted call left is completed: dates are counted from the day the shop was made, and events
    keep their ids. `report` is told what is done and how much of the whole (0..1).
    Raises `Conflict` where a merchant's own shop has the name.
    """
    report("the shop and its merchant", 0.0)
    shop = _shop()
    today = shop.created_at.astimezone(ZoneInfo(ZONE)).date()
    add_member(
        shop=shop,
        email=MERCHANT_EMAIL,
        role=Membership.Role.OWNER,
        name=MERCHANT_NAME,
        password=merchant_passphrase(Path(settings.DATA_DIR)),
    )
    with TemporaryDirectory() as folder:
        _load_catalog(shop, catalog_table(today), Path(folder), report)
        _load_events(shop, events_table(today), Path(folder), report)
    ensure_default_placements(shop)
    return shop


def _shop() -> Shop:
    shop = Shop.objects.filter(slug=SAMPLE_SHOP).first()
    if shop is None:
        return create_shop(slug=SAMPLE_SHOP, name=SAMPLE_NAME, timezone=ZONE, currency=CURRENCY, is_sample=True)[0]
    if not shop.is_sample:
        raise errors.Conflict(f"“{SAMPLE_SHOP}” is the name of another shop here, so the sample shop is not loaded.")
    return shop


def _load_catalog(shop: Shop, table: pd.DataFrame, folder: Path, report: Report) -> None:
    path = folder / "items.parquet"
    table.to_parquet(path)
    _require_all(import_items(shop=shop, path=path))
    report(f"{len(table):,} items", CATALOG_SHARE)


def _load_events(shop: Shop, table: pd.DataFrame, folder: Path, report: Report) -> None:
    """The import computes the daily sums, unless everything was there: then nobody knows whether it came to that."""
    path, total = folder / "interactions.parquet", len(table)
    table.to_parquet(path)

    def progress(done: int) -> None:
        report(f"{done:,} of {total:,} interactions", CATALOG_SHARE + EVENTS_SHARE * done / total)

    imported = import_events(shop=shop, path=path, progress=progress)
    _require_all(imported)
    if not imported.accepted:
        refresh_daily_kpis(shop=shop)


def _require_all(imported: ImportReport) -> None:
    """Our own files hold nothing that may be refused."""
    if imported.rejected_count:
        first = imported.rejected[0]
        raise errors.Invalid(f"The sample's line {first['line']} was refused: {first['message']}")
