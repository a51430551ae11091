"""What a shop of many experiments costs: `python -m benchmarks.experiment_shop [--experiments 50] [--exposures 1000000]
[--days 28] [--new 100000] [--own 3] [--keep]` prints JSON.

Makes a throw-away shop in the database of the environment, with so many running experiments, each on a placement of its
own, and exposures and behaviour made by the database itself; refreshes all once, then takes so many new exposures in
and refreshes all again. Timed are both refreshes (one connection without parallel workers: seconds of one core as far
as nobody else uses the machine; `per_100000` is what the promise speaks of), the list, and the pages, with results that
are kept since the refresh (`warm`) and worked out anew (`cold`).
"""

import argparse
import json
import os
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
OWN = [
    {"event_type": "purchase", "aggregation": "sum", "expression": "price < 40", "cap": 100.0},
    {"event_type": "select_item", "aggregation": "count", "delay_hours": 24},
    {"event_type": "add_to_cart", "aggregation": "distinct", "window_days": 3},
]
ITEMS = 2_000
SLATES_A_VISITOR = 4
PAGES = 12  # that are timed

_ITEMS = """
    INSERT INTO catalog_item (shop_id, item_id, title, description, categories, brand, price, currency, image_url, url,
        group_id, in_stock, attributes, corrections, merchandise, created_at, updated_at)
    SELECT %(shop)s, 'item-' || n, 'Item ' || n, '', ARRAY['Kind ' || n %% 20], 'Brand ' || n %% 50, n %% 90 + 1, 'GBP',
        '', '', '', true, '{}', '{}', '', now() - interval '200 days', now() - interval '200 days'
    FROM generate_series(1, %(items)s) AS n
"""
# A visitor of one experiment; the first slates spread over the days, the others follow within three days.
_EXPOSURES = """
    INSERT INTO events_exposure (recommendation_id, shop_id, placement, visitor_id, session_id, served_at,
        policy_version, policy_hash, experiment_id, variant, fallback, temperature, seed, items, latency_ms, simulated)
    SELECT gen_random_uuid(), %(shop)s, 'place-' || e.number, 'v' || v.visitor, '',
        least(%(from)s::timestamptz + random() * (%(until)s::timestamptz - %(from)s::timestamptz)
            + nth * random() * interval '1 day', %(until)s),
        1, '', e.id, CASE WHEN hashtext('v' || v.visitor) & 1 = 0 THEN 'A' ELSE 'B' END,
        CASE WHEN random() < 0.1 THEN 'popular' ELSE '' END, 0.1, 1,
        jsonb_build_array(
            jsonb_build_object('item_id', 'item-' || (v.visitor * 7 + nth) %% %(items)s + 1, 'position', 1,
                'propensity', 0.5, 'explore', false),
            jsonb_build_object('item_id', 'item-' || (v.visitor * 11 + nth) %% %(items)s + 1, 'position', 2,
                'propensity', 0.2, 'explore', true)),
        5.0, false
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS v (visitor)
    JOIN unnest(%(ids)s::bigint[]) WITH ORDINALITY AS e (id, number) ON v.visitor %% %(count)s + 1 = e.number
    CROSS JOIN generate_series(0, %(slates)s - 1) AS nth
"""
_BEHAVIOUR = """
    INSERT INTO events_interaction (shop_id, event_id, line, type, visitor_id, session_id, item_id, quantity, price,
        value, currency, order_id, query, recommendation_id, placement, timestamp, received_at, low_trust, simulated)
    SELECT %(shop)s, kind.type || '-' || s.recommendation_id, 0, kind.type, s.visitor_id, '',
        s.items -> 0 ->> 'item_id', 1, NULL, CASE kind.type WHEN 'purchase' THEN 5 + random() * 40 END, '', '', '',
        CASE kind.type WHEN 'select_item' THEN s.recommendation_id END, s.placement,
        s.served_at + kind.minutes * interval '1 minute', s.served_at, false, false
    FROM events_exposure s
    JOIN (VALUES ('select_item', 1, 12), ('view_item', 2, 25), ('add_to_cart', 3, 6), ('purchase', 9, 2))
        AS kind (type, minutes, percent) ON abs(hashtext(kind.type || s.recommendation_id)) %% 100 < kind.percent
    WHERE s.shop_id = %(shop)s AND s.served_at >= %(from)s AND s.served_at <= %(until)s
        AND substr(s.visitor_id, 2)::bigint BETWEEN %(first)s AND %(last)s
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=50)
    parser.add_argument("--exposures", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--new", type=int, default=100_000, help="exposures that come between the two refreshes")
    parser.add_argument("--own", type=int, default=len(OWN), choices=range(len(OWN) + 1), help="metrics of the shop")
    parser.add_argument("--keep", action="store_true", help="the shop stays")
    options = parser.parse_args()
    import django

    django.setup()
    from dashboard.core.tenancy import operator_scope

    with operator_scope("a benchmark makes a shop and removes it"):
        shop, experiments = made_shop(options)
        try:
            print(json.dumps(measured(shop, experiments, options), indent=1))
        finally:
            if not options.keep:
                removed(shop)


def made_shop(options):
    from datetime import timedelta

    from dashboard.accounts.services import create_shop
    from dashboard.core import clock
    from dashboard.events.services.partitions import make_months
    from dashboard.experiments.services import MetricTerms, Terms, create_metric, start_experiment
    from dashboard.policies.models import Placement
    from dashboard.policies.services import publish_policy

    shop, began = create_shop(slug=f"bench-{os.getpid()}", name="Bench")[0], clock.now() - timedelta(days=options.days)
    make_months([began, clock.now()])
    run(_ITEMS, shop=shop.pk, items=ITEMS)
    for number, terms in enumerate(OWN[: options.own]):
        create_metric(shop=shop, name=f"Own {number}", terms=MetricTerms(**terms), by=None)
    experiments = []
    for number in range(1, options.experiments + 1):
        place = Placement.objects.create(shop=shop, slug=f"place-{number}", name=f"Place {number}")
        publish_policy(placement=place, knobs={"exploration": 0.1}, rules=(), by=None)
        terms = Terms(planned_visitors=100_000)
        experiment = start_experiment(placement=place, treatment_knobs={"exploration": 0.3}, by=None, terms=terms)
        experiment.started_at = began
        experiment.save(update_fields=["started_at"])
        experiments.append(experiment)
    return shop, experiments


def measured(shop, experiments, options):
    from datetime import timedelta

    from dashboard.core import clock

    now = clock.now()
    visitors, fresh = options.exposures // SLATES_A_VISITOR, options.new // SLATES_A_VISITOR
    began = now - timedelta(days=options.days)
    filled(shop, experiments, began, now - timedelta(hours=1), 1, visitors)
    first = seconds_of(lambda: refreshed(experiments, now))
    filled(shop, experiments, now - timedelta(hours=1), now, visitors + 1, visitors + fresh)
    again = seconds_of(lambda: refreshed(experiments, clock.now()))
    return {
        "experiments": len(experiments),
        "exposures": visitors * SLATES_A_VISITOR,
        "metrics_of_the_shop": options.own,
        "refresh": {
            "first_seconds": round(first, 2),
            "next_seconds": round(again, 2),
            "new_exposures": fresh * SLATES_A_VISITOR,
            "per_100000": round(again * 100_000 / max(fresh * SLATES_A_VISITOR, 1), 2),
        },
        "milliseconds": pages(shop, experiments),
    }


def filled(shop, experiments, since, until, first, last):
    from django.db import connection

    spread = {"shop": shop.pk, "from": since, "until": until, "first": first, "last": last}
    ids = [experiment.pk for experiment in experiments]
    run(_EXPOSURES, **spread, items=ITEMS, ids=ids, count=len(ids), slates=SLATES_A_VISITOR)
    run(_BEHAVIOUR, **spread)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_exposure, events_interaction, catalog_item")


def refreshed(experiments, now):
    from dashboard.experiments.services import refresh_moments

    run("SET max_parallel_workers_per_gather TO 0")
    for experiment in experiments:
        refresh_moments(experiment, now=now)


def pages(shop, experiments):
    """Server time of the list and of the pages, as a signed-in owner gets them."""
    from django.core.cache import cache
    from django.test import Client
    from django.urls import reverse

    from dashboard.accounts.services import add_member

    email = f"{shop.slug}@bench.example"
    client = Client(headers={"host": "localhost"})
    client.force_login(add_member(shop=shop, email=email, role="owner").user)
    index = reverse("experiments:index", args=[shop.slug])
    details = [reverse("experiments:detail", args=[shop.slug, experiment.pk]) for experiment in experiments[:PAGES]]
    for address in (index, details[0]):
        client.get(address)  # what is imported and compiled once
    warm = {"list": times(client, [index] * 5), "page": times(client, details)}
    cache.clear()
    cold = {"page": times(client, details)}
    cache.clear()
    cold["list"] = times(client, [index])
    return {"warm": warm, "cold": cold}


def times(client, addresses):
    found = []
    for address in addresses:
        started = time.perf_counter()
        answer = client.get(address)
        found.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return {"median": round(statistics.median(found), 1), "most": round(max(found), 1)}


def seconds_of(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run(statement, **parameters):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def removed(shop):
    from dashboard.catalog.models import Item
    from dashboard.events.models import Exposure, Interaction

    for model in (Exposure, Interaction, Item):
        model.objects.filter(shop=shop)._raw_delete(using="default")
    shop.delete()


if __name__ == "__main__":
    main()
