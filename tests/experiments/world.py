"""Random exposures and interactions, and the moments of them computed the slow and obvious way."""

import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

START = datetime(2026, 10, 1, 9, tzinfo=UTC)
ITEMS = [f"i{number}" for number in range(6)]
FOUND_TYPES = {"select_item", "view_item", "add_to_cart", "add_to_wishlist", "purchase"}


def exposures_of(rng, experiment, visitors, days):
    from dashboard.events.models import Exposure

    exposures = []
    for visitor in range(visitors):
        variant = "AB"[rng.integers(2)]
        for _ in range(rng.integers(1, 4)):
            shown = rng.permutation(ITEMS)[:3]
            exposures.append(
                Exposure(
                    recommendation_id=uuid.UUID(bytes=rng.bytes(16)),
                    shop_id=experiment.shop_id,
                    placement="front",
                    visitor_id=f"v{visitor}",
                    served_at=START + timedelta(minutes=int(rng.integers(days * 24 * 60))),
                    policy_version=1,
                    policy_hash="",
                    experiment_id=experiment.pk,
                    variant="AB"[rng.integers(2)] if rng.random() < 0.1 else variant,
                    fallback="popular" if rng.random() < 0.2 else "",
                    temperature=0.1,
                    seed=1,
                    items=[
                        {"item_id": item, "position": p + 1, "explore": bool(rng.integers(2))}
                        for p, item in enumerate(shown)
                    ],
                    candidates={},
                    latency_ms=None if rng.random() < 0.2 else float(rng.integers(1, 30)),
                    simulated=visitor % 3 == 0,
                )
            )
    return exposures


def interactions_of(rng, experiment, exposures, per_exposure=5):
    events = [(exposure, rng.bytes(8).hex()) for exposure in exposures for _ in range(rng.integers(per_exposure))]
    return [line for exposure, event_id in events for line in _lines(rng, experiment, exposure, event_id)]


def _lines(rng, experiment, exposure, event_id):
    from dashboard.events.models import Interaction

    kind = ["view_item", "select_item", "add_to_cart", "purchase", "refund", "search"][rng.integers(6)]
    moment = exposure.served_at + timedelta(minutes=int(rng.integers(-40 * 24 * 60, 10 * 24 * 60)))
    return [
        Interaction(
            shop_id=experiment.shop_id,
            event_id=event_id,
            line=line,
            type=kind,
            visitor_id=exposure.visitor_id,
            item_id=ITEMS[rng.integers(len(ITEMS))],
            quantity=int(rng.integers(1, 4)),
            value=Decimal(int(rng.integers(100, 900))) / 100 if rng.random() < 0.7 else None,
            currency=["GBP", "", "EUR"][rng.integers(3)],
            order_id=event_id if rng.random() < 0.5 else "",
            recommendation_id=exposure.recommendation_id if rng.random() < 0.7 else None,
            timestamp=moment,
            received_at=moment,
        )
        for line in range(rng.integers(1, 3))
    ]


def _revenue(line):
    return float(line.value) if line.value is not None and line.currency in ("", "GBP") else 0.0


def _orders(lines, kind):
    return len({line.order_id or line.event_id for line in lines if line.type == kind})


def expected_moments(experiment, exposures, interactions, in_stock, now):
    """{(variant, day, metric): (n, Σy, Σy², Σx, Σx², Σxy)} by plain loops."""
    zone, window = ZoneInfo(experiment.shop.timezone), timedelta(days=experiment.window_days)
    slates_of, acts_of = defaultdict(list), defaultdict(list)
    for exposure in exposures:
        if exposure.served_at <= now:
            slates_of[exposure.visitor_id].append(exposure)
    for line in interactions:
        acts_of[line.visitor_id].append(line)
    sums = defaultdict(lambda: [0.0] * 6)
    for visitor, slates in slates_of.items():
        slates.sort(key=lambda slate: (slate.served_at, slate.recommendation_id))
        since, variant = slates[0].served_at, slates[0].variant
        until = since + window
        slates = [slate for slate in slates if slate.served_at < until]
        counted = [a for a in acts_of[visitor] if since <= a.timestamp < until and a.timestamp <= now]
        day = since.astimezone(zone).date()
        for metric, (y, x) in _values(slates, counted, acts_of[visitor], since, until, in_stock, now).items():
            terms = (1, y, y * y, x, x * x, x * y)
            sums[variant, day, metric] = [a + b for a, b in zip(sums[variant, day, metric], terms, strict=True)]
    return sums


def _values(slates, counted, everything, since, until, in_stock, now):
    ids = {slate.recommendation_id: slate for slate in slates}
    responses = [a for a in everything if a.recommendation_id in ids and a.timestamp < until and a.timestamp <= now]
    clicks = [a for a in responses if a.type == "select_item"]
    explored = {(s.recommendation_id, item["item_id"]) for s in slates for item in s.items if item["explore"]}
    known = {a.item_id for a in everything if a.timestamp < since}
    found = {
        a.item_id
        for a in responses
        if a.type in FOUND_TYPES and (a.recommendation_id, a.item_id) in explored and a.item_id not in known
    }
    timed = [slate.latency_ms for slate in slates if slate.latency_ms is not None]
    before = [a for a in everything if since - timedelta(days=28) <= a.timestamp < since]
    spent = sum(_revenue(a) for a in before if a.type == "purchase")
    orders = _orders(counted, "purchase")
    fallbacks = sum(slate.fallback != "" for slate in slates)
    return {
        "add_to_cart_rate": tuple(float(any(a.type == "add_to_cart" for a in acts)) for acts in (counted, before)),
        "click_through": (len(clicks), len(slates)),
        "orders_per_visitor": (orders, spent),
        "revenue_per_visitor": (sum(_revenue(a) for a in counted if a.type == "purchase"), spent),
        "items_discovered": (len(found), len({a.item_id for a in before})),
        "refund_rate": (_orders(counted, "refund"), orders),
        "out_of_stock_clicks": (sum(not in_stock[a.item_id] for a in clicks), len(clicks)),
        "slate_latency": (sum(timed), len(timed)),
        "fallback_share": (fallbacks, len(slates)),
        "simulated_visitors": (float(any(slate.simulated for slate in slates)), 0),
        "changed_sides": (float(len({slate.variant for slate in slates}) > 1), 0),
    }
