"""How long a slate takes in this process: `python -m benchmarks.serving [--items N] [--requests N] [--shop SLUG]`.

Makes a throw-away shop with a catalog and behaviour (or takes an existing one, with its published model), asks for
slates of known visitors with exploration and diversity on, and prints p50, p99 and CPU milliseconds of a request.
"""

import argparse
import json
import os
import random
import statistics
import time
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
VISITORS = 200
EVENTS_PER_VISITOR = 40


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--shop", default="", help="an existing shop; exposures are logged there")
    options = parser.parse_args()
    import django

    django.setup()
    from dashboard.accounts.selectors import shop_by_slug

    shop = shop_by_slug(options.shop) if options.shop else make_shop(options.items)
    try:
        print(json.dumps(measure(shop, options.requests), indent=1))
    finally:
        if not options.shop:
            remove(shop)


def make_shop(items):
    """A shop of its own with `items` items in 20 categories and the behaviour of 200 visitors."""
    from dashboard.accounts.services import create_shop
    from dashboard.catalog.models import Item
    from dashboard.core import clock
    from dashboard.events.models import Interaction

    shop = create_shop(slug=f"bench-{os.getpid()}", name="Bench")[0]
    dice, now = random.Random(3), clock.now()
    Item.objects.bulk_create(
        [
            Item(
                shop=shop,
                item_id=f"item-{number}",
                title=f"Item {number} of kind {number % 20}",
                categories=[f"Kind {number % 20}"],
                brand=f"Brand {number % 50}",
                price=number % 90 + 1,
            )
            for number in range(items)
        ],
        batch_size=2000,
    )
    Interaction.objects.bulk_create(
        [
            Interaction(
                shop=shop,
                event_id=f"{visitor}-{step}",
                type="view_item",
                visitor_id=f"visitor-{visitor}",
                item_id=f"item-{int(dice.paretovariate(0.6)) % items}",
                timestamp=now - timedelta(minutes=dice.randint(1, 20_000)),
                received_at=now,
            )
            for visitor in range(VISITORS)
            for step in range(EVENTS_PER_VISITOR)
        ],
        batch_size=2000,
    )
    return shop


def measure(shop, requests):
    """Milliseconds of `recommend`, the exposure's insert among them; the first 20 requests warm up."""
    from django.db import connection

    from dashboard.events.models import Interaction
    from dashboard.serving.services import recommend
    from dashboard.serving.types import SlateRequest

    visitors = list(Interaction.objects.filter(shop=shop).values_list("visitor_id", flat=True).distinct()[:VISITORS])
    wall, slates = [], []
    for number in range(requests + 20):
        request = SlateRequest(shop=shop, placement="home", visitor_id=visitors[number % len(visitors)], n=20)
        if number == 20:
            cpu = time.process_time()
        started = time.perf_counter()
        slates.append(recommend(request))
        wall.append((time.perf_counter() - started) * 1000)
    cpu_ms = (time.process_time() - cpu) * 1000 / requests
    wall = sorted(wall[20:])
    connection.close()
    return {
        "requests": requests,
        "p50_ms": round(statistics.median(wall), 2),
        "p99_ms": round(wall[int(len(wall) * 0.99) - 1], 2),
        "cpu_ms": round(cpu_ms, 2),
        "answered_by": sorted({slate.fallback or "model" for slate in slates}),
        "candidates": round(statistics.mean(len(slate.candidate_ids) for slate in slates)),
    }


def remove(shop):
    from dashboard.catalog.models import Item
    from dashboard.events.models import Exposure, Interaction

    for model in (Exposure, Interaction, Item):
        model.objects.filter(shop=shop).delete()
    shop.delete()


if __name__ == "__main__":
    main()
