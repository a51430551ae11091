"""A small shop with a past: catalog, behaviour, segments, slates, policies, a model, a run and days summed.

Written straight into the tables, because a browser test asks how pages look, not how rows came to be.
Everything is drawn with one seeded generator: the same shop at every call.
"""

import datetime
import random
import uuid

from dashboard.core import clock
from tests.artifact_files import paired
from tests.browser.seed_audiences import seed_audiences
from tests.browser.seed_experiments import seed_experiments
from tests.browser.seed_feeds import seed_feeds
from tests.browser.seed_ledger import seed_ledger

TITLES = {
    "Tea & table": ["Regency Tea Plate Pink", "Regency Sugar Bowl Green", "Pink Regency Teacup and Saucer"],
    "Bags": ["Jumbo Bag Red Retrospot", "Lunch Bag Woodland", "Charlotte Bag Apples Design"],
    "Christmas": ["36 Doilies Vintage Christmas", "Vintage Christmas Cake Frill", "Wooden Star Decoration"],
    "Candles & light": ["White Hanging Heart T-Light Holder", "Hanging Metal Heart Lantern", "Vanilla Candle"],
    "Kitchen & baking": ["Regency Cakestand 3 Tier", "Mini Cake Stand with Hanging Cakes", "Set of 3 Cake Tins"],
    "Garden": ["Assorted Colour Bird Ornament", "Garden Thermometer", "Botanical Tin Can"],
}
SEGMENTS = ["Tea & table", "Bags", "Christmas", "Candles & light", "Kitchen & baking"]
CENTERS = [(-2.0, 1.4), (1.9, 1.6), (0.2, -0.1), (-1.7, -1.6), (2.1, -1.3)]
VISITORS = 240
DAYS = 60
EXPLORED_AT = 4  # the position that exploration fills, with items that are shown nowhere else
STAGES = ("snapshot", "read", "encode", "rank", "segments", "evaluate", "write", "publish")


def seed_shop(shop):
    """Fill `shop`; returns it."""
    dice = random.Random(11)
    items = _catalog(shop)
    _behaviour(shop, items, dice)
    artifact = _model(shop)
    _segments(shop, artifact, items, dice)
    _placements(shop)
    _slates(shop, artifact, items, dice)
    _days(shop, dice)
    seed_experiments(shop)
    seed_feeds(shop)
    seed_audiences(shop)
    seed_ledger(shop)
    _figures(shop, artifact)
    _exports(shop)
    return shop


def _catalog(shop):
    from dashboard.catalog.models import Item

    rows = []
    for category, titles in TITLES.items():
        for index, title in enumerate(titles):
            price = 1.25 + 1.7 * index
            rows.append(
                Item(
                    shop=shop,
                    item_id=f"{category[:3].lower()}-{index}",
                    title=title,
                    categories=[category],
                    price=price,
                    currency=shop.currency,
                    brand="Forest & Field",
                )
            )
    rows.append(Item(shop=shop, item_id="mystery-1", title="Mystery Parcel", price=5))
    return Item.objects.bulk_create(rows)


def _behaviour(shop, items, dice):
    from dashboard.events.models import BotVisitor, Interaction

    now = clock.now()
    rows = []
    for visitor in range(VISITORS):
        taste = _taste(visitor)
        for step in range(8):
            item = dice.choice([item for item in items if item.categories == [taste]] if dice.random() < 0.8 else items)
            at = now - datetime.timedelta(minutes=dice.randint(2, DAYS * 24 * 60))
            rows.append(
                Interaction(
                    shop=shop,
                    event_id=f"seed-{visitor}-{step}",
                    type="purchase" if step == 7 else "view_item",
                    visitor_id=f"visitor-{visitor}",
                    item_id=item.item_id,
                    price=item.price if step == 7 else None,
                    value=item.price if step == 7 else None,
                    timestamp=at,
                    received_at=at,
                    simulated=visitor % 3 == 0,
                )
            )
    Interaction.objects.bulk_create(rows)
    bots = {"crawler-1": ("agent", "headlesschrome"), "crawler-2": ("rate", "184")}
    BotVisitor.objects.bulk_create(
        BotVisitor(shop=shop, visitor_id=visitor_id, reason=reason, detail=detail, found_at=now)
        for visitor_id, (reason, detail) in bots.items()
    )


def _exports(shop):
    """A file of each kind, each in another state."""
    from dashboard.exports.models import Export

    now = clock.now()
    common = {"shop": shop, "beat_at": now, "requested_by": "holly@example.com"}
    done = {"state": "done", "size_bytes": 184_220, "path": "nowhere", "expires_at": now + datetime.timedelta(hours=20)}
    Export.objects.create(kind="segment", segment=1, state="expired", **common)
    Export.objects.create(kind="items", form="csv", state="failed", reason="Its worker was lost three times.", **common)
    period = {"since": now - datetime.timedelta(days=30), "until": now - datetime.timedelta(days=1)}
    Export.objects.create(kind="interactions", form="csv", rows=41_207, **done, **period, **common)
    Export.objects.create(kind="items", state="running", rows=312, **common)


def _taste(visitor):
    return SEGMENTS[(visitor * 7) % 11 % len(SEGMENTS)]


def _model(shop):
    """Three versions, one of them held back, and a failed run; returns the artifact that serves."""
    first = _run(shop, 4, "published", version=1, recall=0.142)
    _run(shop, 3, "failed", reason_code="trainer_failed", reason_facts={"message": "no space left on the device"})
    facts = {"found": "6.4", "active": "7.7", "low": "−2.10", "high": "−0.40", "tolerance": "0.2", "version": "v1"}
    facts |= {"visitors": VISITORS}
    held_back = {"reason_code": "worse_on_same_visitors", "reason_facts": facts, "compared_with": first}
    _run(shop, 2, "rejected", version=2, recall=0.118, pairs=paired(-0.013, 0.009, before=0.077), **held_back)
    beside = {
        "recall_at_10": {"before": 0.142, "after": 0.171, "difference": 0.029, "interval": [0.004, 0.054]},
        "coverage_at_10": {"before": 0.64, "after": 0.67},
        "segments": {"visitors": VISITORS, "kept": 0.93, "born": [5], "gone": []},
        "milliseconds": {"before": 2.3, "after": 2.6},
        "bytes": {"before": 5_100_000, "after": 5_300_000},
    }
    better = paired(0.015, 0.011, before=0.077, visitors=VISITORS, **beside)
    return _run(shop, 1, "published", version=3, recall=0.171, active=True, compared_with=first, pairs=better)


def _run(shop, days_ago, state, *, version=None, recall=0.0, active=False, pairs=None, **columns):
    from dashboard.training.models import Artifact, Run

    begun = clock.now() - datetime.timedelta(days=days_ago, hours=5)
    run = Run.objects.create(
        shop=shop,
        state=state,
        trigger="schedule" if days_ago % 2 else "manual",
        progress=1,
        started_at=begun,
        ended_at=begun + datetime.timedelta(minutes=4),
        counts={"interactions": VISITORS * 8, "visitors": VISITORS, "items": 19},
        stages=[{"stage": stage, "progress": 1.0, "seconds": 9.0, "message": ""} for stage in STAGES],
        log_tail="09:22:04  read  1,920 interactions\n09:22:45  encode  pass 12 of 12",
        metrics={"paired": pairs} if pairs else {},
        **columns,
    )
    Run.objects.filter(pk=run.pk).update(created_at=begun)
    if version is None:
        return None
    metrics = _evaluation(recall)
    return Artifact.objects.create(
        shop=shop,
        run=run,
        version=version,
        path="seed",
        metrics=metrics,
        lineage={"cost": {"seconds": 210.0, "peak_memory_mib": 640.0}},
        is_active=active,
        published_at=run.ended_at if state == "published" else None,
    )


def _evaluation(recall):
    blend = {"ndcg@10": recall * 0.54, "recall@10": recall, "coverage@10": 0.5 + recall}
    return {
        "protocol": "leave-one-out",
        "visitors": VISITORS,
        "models": {"blend": blend, "popularity": {"ndcg@10": 0.031, "recall@10": 0.062}},
        "intervals": {"blend": {name: [value * 0.93, value * 1.07] for name, value in blend.items()}},
    }


def _segments(shop, artifact, items, dice):
    from dashboard.segments.flows import sum_flows
    from dashboard.segments.models import Segment, SegmentMembership, SegmentSet
    from dashboard.segments.prepared_map import prepare_map

    members = {number: [] for number in range(1, len(SEGMENTS) + 1)}
    for visitor in range(VISITORS):
        members[SEGMENTS.index(_taste(visitor)) + 1].append(visitor)
    for number, name in enumerate(SEGMENTS, start=1):
        own = [item for item in items if item.categories == [name]]
        Segment.objects.create(
            shop=shop,
            artifact_id=artifact.pk,
            number=number,
            suggested_name=name,
            share=len(members[number]) / VISITORS,
            visitors=len(members[number]),
            center=list(CENTERS[number - 1]),
            covariance=[[0.3, 0.08 * number - 0.2], [0.08 * number - 0.2, 0.25]],
            top_items=[
                {"item_id": item.item_id, "share": 0.5 - 0.1 * i, "lift": 6.2 - i} for i, item in enumerate(own)
            ],
            top_categories=[
                {"category": name, "share": 0.5, "lift": 3.1},
                {"category": "Garden", "share": 0.08, "lift": 0.9},
                {"category": "Bags", "share": 0.04, "lift": 0.4},
            ],
            facts={"median_interactions": 8},
        )
    SegmentSet.objects.create(shop=shop, artifact_id=artifact.pk)
    SegmentMembership.objects.bulk_create(
        _membership(shop, artifact, number, visitor, dice) for number, found in members.items() for visitor in found
    )
    prepare_map(shop, artifact.pk)
    sum_flows(shop, artifact.pk)


def _figures(shop, artifact):
    """What members do, summed; and an interest that emerges among some of them."""
    from dashboard.segments.figures import sum_figures
    from dashboard.segments.models import EmergingInterest, SegmentMembership

    found = {"items": ["gar-1", "can-2", "kit-0", "tea-1"], "ratio": 3.4, "low": 2.1, "high": 5.6}
    EmergingInterest.objects.create(shop=shop, artifact_id=artifact.pk, number=1, **found)
    taken = [f"visitor-{number}" for number in range(0, VISITORS, 5)]
    SegmentMembership.objects.filter(shop=shop, visitor_id__in=taken).update(emerging=1)
    sum_figures(shop=shop)


def _membership(shop, artifact, number, visitor, dice):
    from dashboard.segments.models import SegmentMembership

    sure = round(dice.uniform(0.55, 0.99), 3)
    other = number % len(SEGMENTS) + 1
    x, y = CENTERS[number - 1]
    return SegmentMembership(
        shop=shop,
        artifact_id=artifact.pk,
        visitor_id=f"visitor-{visitor}",
        number=number,
        probability=sure,
        probabilities={str(number): sure, str(other): round(1 - sure, 3)},
        x=x + dice.gauss(0, 0.5),
        y=y + dice.gauss(0, 0.45),
        moves=_moves(number, other, visitor),
    )


def _moves(number, other, visitor):
    """New four months ago; every second one went over to the next segment and came back in the last month."""
    today = clock.now()
    now = 12 * today.year + today.month - 1
    was = other if visitor % 2 else number
    return [now - 3, 0, number, now - 1, number, was, now, was, number]


def _placements(shop):
    from dashboard.policies.models import Placement, Policy

    for slug, name, exploration, diversity in [
        ("home", "Home", 0.1, 0.4),
        ("product", "Product page", 0.05, 0.25),
        ("cart", "Cart", 0.0, 0.6),
    ]:
        placement, _ = Placement.objects.get_or_create(shop=shop, slug=slug, defaults={"name": name})
        if not placement.policies.exists():
            Policy.objects.create(
                placement=placement,
                version=1,
                knobs={"exploration": exploration, "diversity": diversity},
                is_published=True,
                published_at=clock.now(),
            )


def _slates(shop, artifact, items, dice):
    from dashboard.events.models import Exposure, Interaction

    now = clock.now()
    little_shown = [item for item in items if item.item_id.endswith("-0")]
    usual = [item for item in items if item not in little_shown]
    exposures, clicks = [], []
    for index in range(600):
        at = now - datetime.timedelta(minutes=dice.randint(5, 6 * 24 * 60))
        slate = dice.sample(usual, 5)
        slate.insert(EXPLORED_AT - 1, dice.choice(little_shown))
        exposure = Exposure(
            recommendation_id=uuid.UUID(int=dice.getrandbits(128)),
            shop=shop,
            placement=("home", "product", "cart")[index % 3],
            visitor_id=f"visitor-{index % VISITORS}",
            served_at=at,
            policy_version=1,
            policy_hash="seed",
            artifact_id=artifact.pk,
            temperature=0.1,
            seed=index,
            items=[
                {
                    "item_id": item.item_id,
                    "position": position,
                    "score": 1 - position / 10,
                    "source": "blend",
                    "reason": "interest",
                    "propensity": 0.5,
                    "explore": position == EXPLORED_AT,
                }
                for position, item in enumerate(slate, start=1)
            ],
            candidates={"item_ids": [], "scores": []},
        )
        exposures.append(exposure)
        liked = slate[3] if slate[3].item_id == "gar-0" else slate[0]
        if dice.random() < 0.12 or liked.item_id == "gar-0":
            clicks.append(
                Interaction(
                    shop=shop,
                    event_id=f"click-{index}",
                    type="select_item",
                    visitor_id=exposure.visitor_id,
                    item_id=liked.item_id,
                    recommendation_id=exposure.recommendation_id,
                    placement=exposure.placement,
                    timestamp=at,
                    received_at=at,
                )
            )
    Exposure.objects.bulk_create(exposures)
    Interaction.objects.bulk_create(clicks)


def _days(shop, dice):
    from dashboard.events.models import DailyKpi

    today = clock.today_in(shop.timezone)
    rows = []
    for back in range(DAYS):
        day, growth = today - datetime.timedelta(days=back), 1 - back / 90
        for placement, share in [("", 1.0), ("home", 0.5), ("product", 0.35), ("cart", 0.15)]:
            slates = round(900 * growth * share * dice.uniform(0.85, 1.15))
            rows.append(
                DailyKpi(
                    shop=shop,
                    day=day,
                    placement=placement,
                    visitors=round(420 * growth),
                    interactions=round(2600 * growth),
                    orders=round(90 * growth),
                    revenue=round(5200 * growth * share, 2),
                    slates=slates,
                    slate_visitors=round(300 * growth * share),
                    clicks=round(slates * 0.047 * dice.uniform(0.9, 1.1)),
                    attributed_orders=round(14 * growth * share),
                    attributed_revenue=round(760 * growth * share * dice.uniform(0.8, 1.2), 2),
                    slots=slates * 6,
                    explored_slots=round(slates * 6 * 0.14),
                )
            )
    DailyKpi.objects.bulk_create(rows)
