"""Logged slates, drawn again from the log alone after everything else has changed."""

import json
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import call_command

from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.models import Exposure, LoggedPolicy
from dashboard.events.services import erase_visitor
from dashboard.policies.services import ensure_default_placements
from dashboard.serving import shop_stats
from tests.serving.conftest import add_item, ask, send, set_policy

pytestmark = pytest.mark.django_db
LATER = (clock.now() + timedelta(days=30)).isoformat()
SOON = (clock.now() - timedelta(days=1)).isoformat()
RULES = [
    {"kind": "pin", "match": {"item_id": "item-7"}, "position": 2},
    {"kind": "pin", "match": {"colour": "teal"}, "position": 4, "starts_at": SOON},
    {"kind": "boost", "match": {"brand": ["brand-1", "brand-2"]}, "strength": 0.4},
    {"kind": "bury", "match": {"age_days": {"min": 40}}, "strength": 0.6},
    {"kind": "exclude", "match": {"category": "Garden"}},
    {"kind": "include_only", "match": {"price": {"max": 30}}},
    {"kind": "boost", "match": {"brand": "brand-3"}, "starts_at": LATER},
]
POLICIES = [
    ("home", RULES, {"exploration": 0.4, "diversity": 0.3, "calibration": 0.5, "novelty": 0.2, "fairness": 0.4}),
    ("cart", RULES[:3], {"exploration": 0.0, "diversity": 0.6, "fairness": 0.3, "fairness_attribute": "colour"}),
    ("email", RULES[3:], {"exploration": 1.0, "explore_max_age_days": None, "novelty": 0.7}),
    ("product", [], {"exploration": 0.15, "calibration": 0.4, "explore_max_age_days": 20.0}),
]


@pytest.fixture
def busy(shop):
    """A shop with variants, attributes, impressions, visitors with a past, and a policy of each placement's own."""
    rng = np.random.default_rng(11)
    for number in range(60):
        add_item(
            shop,
            f"item-{number}",
            days_old=int(rng.integers(0, 90)),
            title=f"Thing {number}",
            categories=[["Kitchen", "Garden", "Attic", "Hall"][number % 4]],
            brand=f"brand-{number % 5}",
            price=int(rng.integers(1, 50)),
            group_id=f"product-{number // 2}" if number % 7 == 0 else "",
            attributes={"colour": ["teal", "plum", "sand"][number % 3]},
        )
    ensure_default_placements(shop)
    for slug, rules, knobs in POLICIES:
        set_policy(shop, slug, rules, **knobs)
    for visitor in range(12):
        for number in rng.integers(0, 60, 5).tolist():
            send(shop, f"v{visitor}", f"item-{number}")
            shown = [{"item_id": f"item-{(number + step) % 60}"} for step in range(6)]
            send(shop, f"v{visitor}", "", "view_item_list", items=shown)
    shop_stats.forget(shop.pk)
    return shop


def serve(shop, count):
    for number in range(count):
        slug = POLICIES[number % len(POLICIES)][0]
        visitor = f"v{number % 15}" if number % 9 else ""
        ask(shop, slug, visitor_id=visitor, n=3 + number % 7, seed=number, context_items=("item-1",) * (number % 2))


def replayed(shop, capsys, *options):
    code = 0
    try:
        call_command("replay", "--shop", shop.slug, "--json", *options)
    except SystemExit as end:
        code = end.code
    return code, json.loads(capsys.readouterr().out)


def change_everything(shop):
    for slug, _, _ in POLICIES:
        set_policy(shop, slug, [{"kind": "exclude", "match": {"brand": "brand-2"}}], exploration=0.7, novelty=1.0)
    Item.objects.filter(shop=shop).update(brand="Other", categories=["Cellar"], price=99, published_at=clock.now())
    Item.objects.filter(shop=shop, item_id__endswith="3").update(deleted_at=clock.now())
    send(shop, "v1", "item-5", "purchase")


def test_every_slate_is_drawn_again_as_it_was_served(busy, capsys):
    serve(busy, 120)
    explored = sum(item["explore"] for row in Exposure.objects.all() for item in row.items)
    change_everything(busy)
    code, found = replayed(busy, capsys)
    assert (code, found["slates"], found["equal"], found["different"]) == (0, 120, 120, [])
    assert explored > 20
    assert found["with_deleted_items"] > 20


@pytest.mark.slow
def test_a_thousand_of_a_thousand(busy, capsys):
    serve(busy, 1_000)
    change_everything(busy)
    code, found = replayed(busy, capsys)
    assert (code, found["slates"], found["equal"]) == (0, 1_000, 1_000)


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [("item", "shown", "item"), ("propensity", 1e-9, "propensity"), ("explore", True, "explored")],
)
def test_what_comes_out_otherwise_is_named(busy, capsys, field, value, what):
    serve(busy, 4)
    row = Exposure.objects.get(placement="email" if field == "item" else "home")
    if field == "item":
        row.seed += 1
        place = None
    else:
        place = next(number for number, item in enumerate(row.items) if item["propensity"] < 1)
        row.items[place][field] = (
            row.items[place][field] + value if field == "propensity" else not row.items[place][field]
        )
    row.save()
    code, found = replayed(busy, capsys)
    assert (code, found["slates"], found["equal"]) == (1, 4, 3)
    assert found["different"][0]["recommendation_id"] == str(row.recommendation_id)
    if place is not None:
        assert found["different"] == [
            {"recommendation_id": str(row.recommendation_id), "position": place + 1, "what": what}
        ]


def test_the_log_of_older_versions_and_what_is_damaged_are_told(busy, capsys):
    serve(busy, 8)
    rows = list(Exposure.objects.order_by("served_at"))
    Exposure.objects.filter(pk=rows[0].pk).update(record=None, candidates={"item_ids": ["item-1"], "scores": [1.0]})
    Exposure.objects.filter(pk=rows[1].pk).update(record=bytes(rows[1].record)[:20])
    Exposure.objects.filter(pk=rows[2].pk).update(record=b"\x63" + bytes(rows[2].record)[1:])
    LoggedPolicy.objects.filter(policy_hash=rows[3].policy_hash).delete()
    code, found = replayed(busy, capsys)
    assert (code, found["slates"], found["equal"]) == (0, 3, 3)
    assert found["untold"] == {"older schema": 1, "damaged record": 1, "other schema": 1, "unknown policy": 2}


def test_slates_of_an_erased_visitor_are_gone_and_it_says_so(busy, capsys):
    serve(busy, 30)
    kept = Exposure.objects.exclude(visitor_id="v4").count()
    erase_visitor(shop=busy, visitor_id="v4")
    call_command("replay", "--shop", busy.slug)
    told = capsys.readouterr().out
    assert f"{kept} of {kept} slates were drawn again as they were served." in told
    assert "Visitors who were erased: 1." in told


def test_since_and_limit_choose_those_served_last(busy, other_shop, capsys):
    serve(busy, 6)
    Exposure.objects.filter(seed__lt=2).update(served_at=clock.now() - timedelta(days=3))
    assert replayed(busy, capsys, "--limit", "3")[1]["slates"] == 3
    since = (clock.now() - timedelta(days=1)).isoformat()
    assert replayed(busy, capsys, "--since", since)[1]["slates"] == 4
    assert replayed(other_shop, capsys)[1] == {
        "slates": 0,
        "equal": 0,
        "with_deleted_items": 0,
        "different": [],
        "untold": {},
    }
