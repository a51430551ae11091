"""Shops for benchmarks, made and removed again: of invented behaviour, or of what an artifact has learned from."""

import os
import random
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path

VISITORS = 200
EVENTS_PER_VISITOR = 40
BRANDS, PRICES = 50, 90  # made up
VARIANTS = 4  # of so many items, two are variants of one product


def invented_shop(items):
    """`items` items in 20 categories and the behaviour of 200 visitors; no model."""
    dice = random.Random(3)
    catalog = [
        (f"item-{number}", f"Item {number} of kind {number % 20}", [f"Kind {number % 20}"]) for number in range(items)
    ]
    behaviour = [
        (f"visitor-{visitor}", f"item-{int(dice.paretovariate(0.6)) % items}", dice.randint(1, 20_000))
        for visitor in range(VISITORS)
        for _ in range(EVENTS_PER_VISITOR)
    ]
    return _stored(catalog, behaviour)


def shop_of_artifact(folder):
    """The catalog that the artifact knows, its 200 most active visitors with the histories that it was trained on (the
    newest event just now), and the artifact published: everything that a slate can have is on."""
    shop = _stored(*_learned(folder))
    _publish(shop, folder)
    return shop


def remove(shop):
    """Rows and artifact."""
    from dashboard.catalog.models import Item
    from dashboard.events.models import Exposure, Interaction
    from dashboard.training import store

    for model in (Exposure, Interaction, Item):
        model.objects.filter(shop=shop).delete()
    for path in list(shop.artifacts.values_list("path", flat=True)):
        store.delete_folder(path)
    shop.delete()


def _learned(folder):
    import numpy as np
    import pyarrow.parquet as pq

    from recommender.serving.batch import known_visitors

    items = pq.ParquetFile(folder / "items.parquet").read(columns=["item_id", "title", "categories"]).to_pydict()
    categories = [(text or "").split("|") if text else [] for text in items["categories"]]
    visitors = known_visitors(folder)
    busiest = np.argsort(-visitors.histories.lengths_B, kind="stable")[:VISITORS]
    chosen = visitors.histories.take(busiest)
    minutes = [int(age) + 1 for age in chosen.ages_N]  # data whose time is only an order has no better one
    rows = zip(visitors.visitor_ids[busiest][chosen.rows_N], chosen.items_N, minutes, strict=True)
    behaviour = [(visitor, items["item_id"][code], ago) for visitor, code, ago in rows]
    titles = [title or "" for title in items["title"]]
    return list(zip(items["item_id"], titles, categories, strict=True)), behaviour


def _stored(catalog, behaviour):
    """A shop with (item, title, categories) and (visitor, item, minutes ago)."""
    from dashboard.accounts.services import create_shop
    from dashboard.catalog.models import Item
    from dashboard.core import clock
    from dashboard.events.models import Interaction

    shop, now = create_shop(slug=f"bench-{os.getpid()}", name="Bench")[0], clock.now()
    Item.objects.bulk_create(
        [
            Item(
                shop=shop,
                item_id=item_id,
                title=title,
                categories=categories,
                brand=f"Brand {number % BRANDS}",
                price=number % PRICES + 1,
                group_id=f"product-{number // VARIANTS}" if number % VARIANTS < 2 else "",
            )
            for number, (item_id, title, categories) in enumerate(catalog)
        ],
        batch_size=2000,
    )
    ordered = groupby(sorted(behaviour, key=itemgetter(0)), key=itemgetter(0))
    Interaction.objects.bulk_create(
        [
            Interaction(
                shop=shop,
                event_id=f"{visitor}-{step}",
                type="view_item",
                visitor_id=visitor,
                item_id=item_id,
                timestamp=now - timedelta(minutes=minutes),
                received_at=now,
            )
            for visitor, events in ordered
            for step, (_, item_id, minutes) in enumerate(events)
        ],
        batch_size=2000,
    )
    return shop


def _publish(shop, folder: Path):
    from dashboard.training import store
    from dashboard.training.models import Artifact, Run
    from dashboard.training.services import publish_artifact
    from recommender.artifact import read_manifest

    name = f"bench/{shop.slug}"
    store.put_folder(folder, name)
    run = Run.objects.create(shop=shop, state=Run.State.PUBLISHED)
    checksums = read_manifest(folder)["checksums"]
    artifact = Artifact.objects.create(shop=shop, run=run, version=1, path=name, checksums=checksums)
    publish_artifact(artifact=artifact)
