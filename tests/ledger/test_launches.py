"""New items: what each was given, what is known of it, and whether it had its fair trial."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache

from dashboard.beliefs.models import ItemBelief
from dashboard.catalog.models import Item
from dashboard.core import clock, errors
from dashboard.events.models import BotVisitor, Impression, Interaction
from dashboard.ledger.selectors import fair_trial_of, launches
from dashboard.ledger.services import change_fair_trial

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


def arrive(shop, item_id, days_ago, **columns):
    at = clock.now() - timedelta(days=days_ago)
    return Item.objects.create(shop=shop, item_id=item_id, title=item_id.title(), published_at=at, **columns)


def render(shop, item_id, times, *, visitor="v"):
    now = clock.now()
    Impression.objects.bulk_create(
        Impression(
            shop=shop,
            event_id=f"{item_id}-{visitor}-{number}",
            line=line,
            visitor_id=visitor,
            item_id=item_id,
            recommendation_id=uuid.uuid5(uuid.NAMESPACE_URL, f"{item_id}-{visitor}-{number}"),
            timestamp=now - timedelta(hours=2),
            received_at=now,
        )
        for number in range(times)
        for line in range(2)  # a page that tells it twice
    )


def do(shop, item_id, kind, *, slate=None, value=None):
    now = clock.now()
    Interaction.objects.create(
        shop=shop,
        event_id=str(uuid.uuid4()),
        type=kind,
        visitor_id="v",
        item_id=item_id,
        recommendation_id=slate,
        value=value,
        currency=shop.currency if value else "",
        timestamp=now - timedelta(hours=1),
        received_at=now,
    )


def believe(shop, item_id, clicks, expected, placement="home"):
    ItemBelief.objects.create(
        shop=shop, placement=placement, item_id=item_id, clicks=clicks, expected=expected, revision=1
    )


def outlooks(shop, days=30):
    return {row.item.item_id: row.outlook for row in launches(shop, days)}


def test_each_new_item_has_what_it_was_given(shop):
    arrive(shop, "vase", 3)
    arrive(shop, "old", 40)
    arrive(shop, "gone", 3, deleted_at=clock.now())
    render(shop, "vase", 7)
    slate = uuid.uuid4()
    do(shop, "vase", "select_item", slate=slate)
    do(shop, "vase", "view_item", slate=slate)
    do(shop, "vase", "view_item")
    do(shop, "vase", "add_to_cart")
    do(shop, "vase", "purchase", value=12)
    do(shop, "vase", "purchase", value=5)
    (row,) = launches(shop, 30)
    given = row.given
    assert (given.rendered, given.clicks, given.carts, given.sales, given.money) == (7, 1, 1, 2, 17.0)


def test_what_bots_saw_is_no_trial(shop):
    arrive(shop, "vase", 3)
    render(shop, "vase", 4)
    render(shop, "vase", 60, visitor="crawler")
    BotVisitor.objects.create(shop=shop, visitor_id="crawler", reason="rate", found_at=clock.now())
    (row,) = launches(shop, 30)
    assert row.given.rendered == 4


def test_the_worth_is_believed_of_all_placements_together_with_a_range(shop):
    arrive(shop, "vase", 3)
    believe(shop, "vase", 12.0, 4.0)
    believe(shop, "vase", 8.0, 6.0, placement="product")
    (row,) = launches(shop, 30)
    assert row.worth == pytest.approx(30 / 20)
    # R: qgamma(c(.025, .975), 30, 20)
    assert row.worth_range == pytest.approx((1.01203, 2.08246), abs=1e-4)
    assert row.outlook == "rising"


def test_outlooks_follow_from_trial_and_belief(shop):
    change_fair_trial(shop=shop, positions=50, days=14)
    for item_id, age in {"hidden": 2, "begun": 5, "late": 15, "same": 16, "worse": 16}.items():
        arrive(shop, item_id, age)
    for item_id, times in {"begun": 9, "late": 49, "same": 50, "worse": 60}.items():
        render(shop, item_id, times)
    believe(shop, "worse", 0.0, 15.0)
    expected = {"hidden": "unseen", "begun": "on_trial", "late": "no_trial", "same": "open", "worse": "fading"}
    assert outlooks(shop) == expected


def test_a_fair_trial_is_what_the_shop_says(shop, owner):
    assert (fair_trial_of(shop).positions, fair_trial_of(shop).days) == (50, 14)
    arrive(shop, "vase", 8)
    render(shop, "vase", 30)
    assert outlooks(shop) == {"vase": "on_trial"}
    change_fair_trial(shop=shop, positions=40, days=7, actor=owner)
    assert outlooks(shop) == {"vase": "no_trial"}
    change_fair_trial(shop=shop, positions=30, days=7, actor=owner)
    assert outlooks(shop) == {"vase": "open"}


@pytest.mark.parametrize(("positions", "days"), [(0, 7), (10, 0), (10_001, 7), (10, 91)])
def test_a_trial_out_of_bounds_is_refused(shop, positions, days):
    with pytest.raises(errors.Invalid):
        change_fair_trial(shop=shop, positions=positions, days=days)


def test_the_newest_come_first_and_another_shops_do_not(shop, other_shop):
    arrive(shop, "second", 4)
    arrive(shop, "first", 1)
    arrive(other_shop, "theirs", 1)
    assert list(outlooks(shop)) == ["first", "second"]
    assert list(outlooks(shop, days=14)) == ["first", "second"]


def test_what_came_with_the_first_catalog_is_not_new(shop):
    for item_id in ("a", "b"):
        Item.objects.create(shop=shop, item_id=item_id)
    Item.objects.filter(item_id="a").update(created_at=clock.now() - timedelta(days=9))
    Item.objects.filter(item_id="b").update(created_at=clock.now() - timedelta(days=2))
    assert list(outlooks(shop)) == ["b"]
