"""Sums in the database: added to, never written as a whole."""

from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.updates.models import ItemUpdate, Learning, PairUpdate

if TYPE_CHECKING:  # Arrow: 40 MB that a web process never needs
    from recommender.online import Delta

# In one order, so that nothing waits for itself; of pairs, how many are new.
_ADD_ITEMS = """
    INSERT INTO updates_itemupdate AS known (shop_id, item_id, popularity, interactions, revision)
    SELECT %(shop)s, item_id, popularity, interactions, %(revision)s
    FROM unnest(%(items)s::text[], %(popularity)s::float8[], %(interactions)s::bigint[])
        AS sums (item_id, popularity, interactions)
    ORDER BY item_id
    ON CONFLICT (shop_id, item_id) DO UPDATE SET revision = excluded.revision,
        popularity = known.popularity + excluded.popularity,
        interactions = known.interactions + excluded.interactions
"""
_ADD_PAIRS = """
    WITH added AS (
        INSERT INTO updates_pairupdate AS known (shop_id, source_id, target_id, weight, revision)
        SELECT %(shop)s, source_id, target_id, weight, %(revision)s
        FROM unnest(%(sources)s::text[], %(targets)s::text[], %(weights)s::float8[])
            AS sums (source_id, target_id, weight)
        ORDER BY source_id, target_id
        ON CONFLICT (shop_id, source_id, target_id) DO UPDATE SET revision = excluded.revision,
            weight = known.weight + excluded.weight
        RETURNING xmax = 0 AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new) FROM added
"""


def add_delta(shop: Shop, delta: "Delta", revision: int) -> int:
    """Add it to the sums. Returns how many pairs are new among them."""
    changed_J = np.flatnonzero((delta.popularity_J != 0) | (delta.interactions_J != 0))
    pairs = delta.pairs_JJ.tocoo()
    source_N, target_N = pairs.coords
    items: dict[str, Any] = {
        "shop": shop.pk,
        "revision": revision,
        "items": delta.item_ids[changed_J].tolist(),
        "popularity": delta.popularity_J[changed_J].tolist(),
        "interactions": delta.interactions_J[changed_J].tolist(),
    }
    sums: dict[str, Any] = {
        "shop": shop.pk,
        "revision": revision,
        "sources": delta.item_ids[source_N].tolist(),
        "targets": delta.item_ids[target_N].tolist(),
        "weights": pairs.data.tolist(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADD_ITEMS, items)
        cursor.execute(_ADD_PAIRS, sums)
        return int(cursor.fetchone()[0])


def forget_updates(*, shop: Shop) -> None:
    """What serves is as it was trained, until the log is read from its snapshot on."""
    for kept in (ItemUpdate, PairUpdate, Learning):
        kept.objects.filter(shop=shop).delete()


def tell_rewritten(*, shop: Shop) -> None:
    """What visitors did was given to others, or erased: within the hour the sums are made anew."""
    Learning.objects.filter(shop=shop, is_rewritten=False).update(is_rewritten=True)
