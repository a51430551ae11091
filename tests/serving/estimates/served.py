"""A log of many slates, as serving writes it, with clicks whose chances are known: far quicker than asking for each."""

from datetime import timedelta

import numpy as np

from dashboard.catalog.models import Item
from dashboard.core import clock, ids
from dashboard.events.models import Interaction
from dashboard.events.services.exposures import exposure_row, record_exposures
from dashboard.policies.selectors import published_policy
from recommender.slate import SlateCandidates, make_slate
from recommender.slate.logged import record_of

ITEMS, PLACES = 30, 3
BRANDS = ["Clay", "Digwell", "Glow"]
APPEAL = np.linspace(0.45, 0.05, ITEMS)  # chance of a click on each item, wherever it stands
PRICES = np.linspace(4.0, 33.0, ITEMS)


def stock(shop):
    Item.objects.bulk_create(
        Item(
            shop=shop,
            item_id=f"item-{number}",
            title=f"Thing {number}",
            categories=[f"Category {number % 4}"],
            brand=BRANDS[number % 3],
            price=PRICES[number],
            currency=shop.currency,
            published_at=clock.now() - timedelta(days=10 + number),
        )
        for number in range(ITEMS)
    )


def candidates_for(rng):
    """What a model might propose: scores that follow the appeal, and noise; likeness by category."""
    scores = np.float32(APPEAL * np.exp(rng.normal(0.0, 0.3, ITEMS))).astype(float)
    vectors = np.eye(4)[np.arange(ITEMS) % 4] * 0.9 + 0.05
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return SlateCandidates(
        [f"item-{number}" for number in range(ITEMS)],
        scores,
        vectors=vectors,
        categories=[f"Category {number % 4}" for number in range(ITEMS)],
        brands=[BRANDS[number % 3] for number in range(ITEMS)],
        impressions=np.arange(ITEMS) * 7.0,
        age_days=10.0 + np.arange(ITEMS),
        popularity=np.arange(ITEMS)[::-1] * 11.0,
    )


def serve_many(shop, count, *, seed=0, slug="home", policy=None, simulated=False, days_ago=2.0):
    """Slates of what is published, or of `policy`, each for a visitor who comes twice; what is clicked is sold half of
    the time. Returns the clicks of each slate."""
    rng, numbers = np.random.default_rng(seed), dict(Item.objects.filter(shop=shop).values_list("item_id", "pk"))
    policy = policy or published_policy(shop_id=shop.pk, slug=slug).policy
    codes = [numbers[f"item-{number}"] for number in range(ITEMS)]
    rows, deeds, clicks = [], [], []
    for number in range(count):
        candidates, slate_id = candidates_for(rng), ids.time_ordered_uuid()
        drawn = make_slate(candidates, policy.knobs, PLACES, policy.rules, None, np.random.default_rng(number))
        served_at = clock.now() - timedelta(days=days_ago) + timedelta(seconds=number)
        visitor = f"visitor-{seed}-{number // 2}"
        items = [
            {"item_id": f"item-{index}", "position": place, "propensity": chance, "explore": bool(explored)}
            for place, (index, chance, explored) in enumerate(
                zip(drawn.indices.tolist(), drawn.propensities.tolist(), drawn.explored, strict=True), start=1
            )
        ]
        rows.append(
            exposure_row(
                shop_id=shop.pk,
                recommendation_id=slate_id,
                placement=slug,
                visitor_id=visitor,
                served_at=served_at,
                policy_version=policy.version,
                policy_hash=policy.digest,
                temperature=drawn.temperature,
                seed=number,
                items=items,
                record=record_of(candidates, codes, policy.knobs, None, PLACES, drawn).encode(),
                knobs=policy.knobs,
                rules=policy.rules,
                simulated=simulated,
            )
        )
        clicked = [index for index in drawn.indices.tolist() if rng.random() < APPEAL[index]]
        clicks.append(len(clicked))
        for index in clicked:
            deeds.append(_deed(shop, "select_item", visitor, index, served_at + timedelta(minutes=1), slate_id))
            if rng.random() < 0.5:
                deeds.append(_deed(shop, "purchase", visitor, index, served_at + timedelta(hours=3)))
    record_exposures(rows)
    Interaction.objects.bulk_create(deeds)
    return np.array(clicks)


def _deed(shop, kind, visitor, index, moment, slate=None):
    money = {"value": PRICES[index], "currency": shop.currency} if kind == "purchase" else {}
    return Interaction(
        shop=shop,
        event_id=ids.time_ordered_hex(),
        type=kind,
        visitor_id=visitor,
        item_id=f"item-{index}",
        recommendation_id=slate,
        timestamp=moment,
        received_at=moment,
        **money,
    )


def true_clicks(policy, *, slates=4_000, seed=99):
    """Expected clicks of a slate of a policy, by the chances that made the log."""
    rng = np.random.default_rng(seed)
    draws = [make_slate(candidates_for(rng), policy.knobs, PLACES, policy.rules, None, rng) for _ in range(slates)]
    return float(np.mean([APPEAL[drawn.indices].sum() for drawn in draws]))
