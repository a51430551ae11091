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


def answers_of(rng, interactions):
    """What half of the clicks led to, or nearly: a cart or a purchase of the same item, within a day or just after."""
    from dashboard.events.models import Interaction

    clicks = [line for line in interactions if line.type == "select_item" and line.recommendation_id]
    return [
        Interaction(
            shop_id=click.shop_id,
            event_id=f"answer-{number}",
            type=["add_to_cart", "purchase"][rng.integers(2)],
            visitor_id=click.visitor_id,
            item_id=click.item_id,
            timestamp=click.timestamp + timedelta(minutes=int(rng.integers(30 * 60))),
            received_at=click.timestamp,
        )
        for number, click in enumerate(clicks)
        if rng.random() < 0.5
    ]


def earlier_slates_of(rng, experiment, exposures):
    """Slates of another placement, before the experiment, of every third visitor."""
    from dashboard.events.models import Exposure

    return [
        Exposure(
            recommendation_id=uuid.UUID(bytes=rng.bytes(16)),
            shop_id=experiment.shop_id,
            placement="elsewhere",
            visitor_id=visitor,
            served_at=START - timedelta(days=int(rng.integers(1, 30))),
            policy_version=1,
            policy_hash="",
            temperature=0.1,
            seed=1,
            items=[],
            candidates={},
        )
        for visitor in sorted({exposure.visitor_id for exposure in exposures})[::3]
        for _ in range(rng.integers(1, 4))
    ]


def impressions_of(rng, exposures):
    """Two in three slates are rendered, some of them twice."""
    from dashboard.events.models import Impression

    return [
        Impression(
            shop_id=exposure.shop_id,
            event_id=rng.bytes(8).hex(),
            line=line,
            visitor_id=exposure.visitor_id,
            item_id=item["item_id"],
            recommendation_id=exposure.recommendation_id,
            timestamp=exposure.served_at + timedelta(minutes=int(rng.integers(9 * 24 * 60))),
            received_at=exposure.served_at,
        )
        for exposure in exposures
        if rng.random() < 0.66
        for line, item in enumerate(exposure.items[: rng.integers(1, 3)])
    ]


def _revenue(line):
    return float(line.value) if line.value is not None and line.currency in ("", "GBP") else 0.0


def _orders(lines, kind):
    return len({line.order_id or line.event_id for line in lines if line.type == kind})


def expected_moments(experiment, exposures, interactions, in_stock, now, impressions=(), earlier=()):
    """{(variant, day, metric): (n, Σy, Σy², Σx, Σx², Σxy, Σc, Σc², Σcy, Σcx)} by plain loops."""
    zone, window = ZoneInfo(experiment.shop.timezone), timedelta(days=experiment.window_days)
    slates_of, acts_of, seen_of = defaultdict(list), defaultdict(list), defaultdict(list)
    for exposure in exposures:
        if exposure.served_at <= now:
            slates_of[exposure.visitor_id].append(exposure)
    for line in interactions:
        acts_of[line.visitor_id].append(line)
    for line in impressions:
        seen_of[line.visitor_id].append(line)
    rows = []
    for visitor, slates in slates_of.items():
        slates.sort(key=lambda slate: (slate.served_at, slate.recommendation_id))
        since, variant = slates[0].served_at, slates[0].variant
        until = since + window
        slates = [slate for slate in slates if slate.served_at < until]
        counted = [a for a in acts_of[visitor] if since <= a.timestamp < until and a.timestamp <= now]
        day = since.astimezone(zone).date()
        values, past = _values(slates, counted, acts_of[visitor], since, until, in_stock, now)
        shown = [e for e in earlier if e.visitor_id == visitor and since - timedelta(days=28) <= e.served_at < since]
        past["click_through"] = (past["click_through"][0], len(shown))
        values |= _stages(slates, acts_of[visitor], seen_of[visitor], until, now)
        rows.append((variant, day, values, past))
    return _summed(rows)


def _summed(rows):
    """The covariate of a ratio: what the past brought beyond the average of the day's visitors."""
    averages = {day: _averages([past for _, other, _, past in rows if other == day]) for _, day, _, _ in rows}
    sums = defaultdict(lambda: [0.0] * 10)
    for variant, day, values, past in rows:
        for metric, (y, x) in values.items():
            c = 0.0
            if metric in past:
                brought, of = past[metric]
                c = brought - of * averages[day][metric]
            terms = (1, y, y * y, x, x * x, x * y, c, c * c, c * y, c * x)
            sums[variant, day, metric] = [a + b for a, b in zip(sums[variant, day, metric], terms, strict=True)]
    return sums


def _averages(pasts):
    totals = {metric: [sum(past[metric][side] for past in pasts) for side in (0, 1)] for metric in pasts[0]}
    return {metric: brought / of if of else 0.0 for metric, (brought, of) in totals.items()}


def _stages(slates, everything, seen, until, now):
    """How many of the slates were rendered, clicked, led to a cart and to a purchase within a day of a click."""
    ids = {slate.recommendation_id for slate in slates}
    rendered = {
        i.recommendation_id for i in seen if i.recommendation_id in ids and i.timestamp < until and i.timestamp <= now
    }
    clicks = [
        a
        for a in everything
        if a.recommendation_id in ids and a.type == "select_item" and a.timestamp < until and a.timestamp <= now
    ]
    led = {kind: {click.recommendation_id for click in clicks if _answered(click, kind, everything, now)}
           for kind in ("add_to_cart", "purchase")}  # fmt: skip
    counts = [rendered, {click.recommendation_id for click in clicks}, led["add_to_cart"], led["purchase"]]
    names = ["slates_rendered", "slates_clicked", "slates_carted", "slates_bought"]
    return {name: (len(came), len(slates)) for name, came in zip(names, counts, strict=True)}


def _answered(click, kind, everything, now):
    return any(
        a.type == kind
        and a.item_id == click.item_id
        and click.timestamp <= a.timestamp < click.timestamp + timedelta(hours=24)
        and a.timestamp <= now
        for a in everything
    )


def _values(slates, counted, everything, since, until, in_stock, now):
    """({metric: (y, x)}, {ratio metric: (what its past brought, of how many)})."""
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
    revenue = sum(_revenue(a) for a in counted if a.type == "purchase")
    orders, orders_before = _orders(counted, "purchase"), _orders(before, "purchase")
    fallbacks = sum(slate.fallback != "" for slate in slates)
    items_before = len({a.item_id for a in before})
    values = {
        "add_to_cart_rate": tuple(float(any(a.type == "add_to_cart" for a in acts)) for acts in (counted, before)),
        "click_through": (len(clicks), len(slates)),
        "conversion_rate": (float(orders > 0), float(orders_before > 0)),
        "orders_per_visitor": (orders, spent),
        "revenue_per_visitor": (revenue, spent),
        "average_order": (revenue, orders),
        "items_per_order": (_pieces(counted), orders),
        "items_discovered": (len(found), items_before),
        "items_shown": (len({item["item_id"] for slate in slates for item in slate.items}), items_before),
        "seconds_to_click": (
            max(min((click.timestamp - since).total_seconds() for click in clicks), 0.0) if clicks else 0.0,
            float(bool(clicks)),
        ),
        "refund_rate": (_orders(counted, "refund"), orders),
        "out_of_stock_clicks": (sum(not in_stock[a.item_id] for a in clicks), len(clicks)),
        "slate_latency": (sum(timed), len(timed)),
        "fallback_share": (fallbacks, len(slates)),
        "simulated_visitors": (float(any(slate.simulated for slate in slates)), 0),
        "changed_sides": (float(len({slate.variant for slate in slates}) > 1), 0),
    }
    clicks_before = sum(a.type == "select_item" and a.recommendation_id is not None for a in before)
    past = {
        "click_through": (clicks_before, 0),
        "average_order": (spent, orders_before),
        "items_per_order": (_pieces(before), orders_before),
    }
    return values, past


def _pieces(lines):
    return sum(line.quantity for line in lines if line.type == "purchase")
