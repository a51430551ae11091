"""What the trade-off of a placement costs: `python -m benchmarks.trade_off [--artifact DIR | --items N]`.

Makes a throw-away shop (of what an artifact knows, or invented and without a model), serves each of its 200 visitors a
slate, and prints processor seconds of one thread: for the first knob that somebody looks at, with nothing kept from
before; for the next one; and for a knob that is moved.
"""

import argparse
import json
import os
import time
from pathlib import Path

from benchmarks.shops import invented_shop, remove, shop_of_artifact

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--artifact", type=Path, help="folder of what `python -m recommender train` wrote")
    parser.add_argument("--items", type=int, default=4000, help="of an invented shop, where no artifact is given")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    import django

    django.setup()
    shop = shop_of_artifact(options.artifact) if options.artifact else invented_shop(options.items)
    try:
        visitors = serve(shop)
        print(json.dumps({"visitors": visitors, "seconds": [measured(shop) for _ in range(options.times)]}, indent=1))
    finally:
        remove(shop)


def serve(shop):
    """A slate for each visitor; how many there are."""
    from django.db import connection

    from dashboard.events.models import Exposure, Interaction
    from dashboard.serving.services import recommend
    from dashboard.serving.types import SlateRequest

    visitors = sorted(Interaction.objects.filter(shop=shop).values_list("visitor_id", flat=True).distinct())
    for visitor in visitors:
        recommend(SlateRequest(shop=shop, placement="home", visitor_id=visitor))
    while Exposure.objects.filter(shop=shop).count() < len(visitors):
        time.sleep(0.1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return len(visitors)


def measured(shop):
    """Processor seconds of each question."""
    from dataclasses import replace

    from django.core.cache import cache

    from dashboard.policies.selectors import published_policy
    from dashboard.serving.trade_off import trade_off

    policy = published_policy(shop_id=shop.pk, slug="home").policy
    moved = replace(policy, knobs=replace(policy.knobs, diversity=0.63), digest="moved")
    cache.clear()
    asked = {"first knob": ("exploration", policy), "next knob": ("novelty", policy), "moved": ("novelty", moved)}
    spent = {}
    for name, (knob, proposed) in asked.items():
        began = time.process_time()
        trade_off(shop, "home", knob, proposed)
        spent[name] = round(time.process_time() - began, 2)
    return spent


if __name__ == "__main__":
    from dashboard.core.tenancy import operator_scope

    with operator_scope("a benchmark makes and removes its shop"):
        main()
