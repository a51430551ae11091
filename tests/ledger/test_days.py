"""Days that are over are summed: what was tried, what it cost against the slates without exploration, once or often."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import Sum

from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.models import BotVisitor, Exposure, Interaction, LoggedPolicy
from dashboard.events.services import refresh_daily_kpis
from dashboard.ledger.models import ClosedDay, ItemDay, LedgerDay
from dashboard.ledger.selectors import ledger_of
from dashboard.ledger.services import sum_closed_days
from dashboard.overview.services import forget_visitor
from dashboard.policies.selectors import published_policy
from recommender.slate.batch_walk import without_exploration
from recommender.slate.logged import draw_again
from recommender.slate.record import SlateRecord
from tests.serving.conftest import set_policy
from tests.serving.estimates.served import serve_many, true_clicks

pytestmark = pytest.mark.django_db
COUNTS = ("slates", "visitors", "slots", "clicks", "tried", "tried_clicks", "untold", "interests")


def summed(shop):
    """All days of the ledger together."""
    return LedgerDay.objects.filter(shop=shop).aggregate(**{name: Sum(name) for name in COUNTS})


def served(home):
    return published_policy(shop_id=home.shop_id, slug=home.slug).policy


def tried_by_drawing_again(shop):
    """Slots that are explored, and whose item the same draw without exploration does not show."""
    numbers = dict(Item.objects.filter(shop=shop).values_list("pk", "item_id"))
    tried = 0
    for exposure in Exposure.objects.filter(shop=shop):
        record = SlateRecord.decode(bytes(exposure.record))
        policy = published_policy(shop_id=shop.pk, slug=exposure.placement).policy
        greedy = draw_again(record, without_exploration(policy.knobs), policy.rules, exposure.seed)
        usual = {numbers[int(record.codes_C[place])] for place in greedy.indices.tolist()}
        tried += sum(slot["explore"] and slot["item_id"] not in usual for slot in exposure.items)
    return tried


def test_tried_is_what_the_slate_without_exploration_does_not_hold(home):
    clicks = serve_many(home.shop, 300)
    sum_closed_days(shop=home.shop)
    found, expected = summed(home.shop), tried_by_drawing_again(home.shop)
    explored = sum(slot["explore"] for exposure in Exposure.objects.all() for slot in exposure.items)
    assert (found["slates"], found["slots"], found["untold"]) == (300, 900, 0)
    assert found["clicks"] == clicks.sum()
    assert 0 < found["tried"] == expected < explored


def test_items_add_up_to_the_day(home):
    serve_many(home.shop, 300)
    sum_closed_days(shop=home.shop)
    of_items = ItemDay.objects.aggregate(
        shown=Sum("shown"), clicks=Sum("clicks"), tried=Sum("tried"), tried_clicks=Sum("tried_clicks")
    )
    found = summed(home.shop)
    assert of_items == {"shown": 900, **{name: found[name] for name in ("clicks", "tried", "tried_clicks")}}


def test_the_range_of_the_cost_holds_what_exploring_really_cost(home):
    set_policy(home.shop, exploration=1.0, explore_floor=0.2)
    serve_many(home.shop, 3_000, seed=1)
    sum_closed_days(shop=home.shop)
    total = ledger_of(home.shop, 7).total
    greedy = replace(served(home), knobs=without_exploration(served(home).knobs))
    truth = 3_000 * (true_clicks(greedy) - true_clicks(served(home)))
    assert total.tells_cost
    assert total.cost_clicks.low < truth < total.cost_clicks.high
    assert total.cost_clicks.high - total.cost_clicks.low < 0.2 * total.slates
    assert total.cost_money.low < total.cost_money.value < total.cost_money.high


def test_slates_without_exploration_try_nothing_and_cost_nothing(home):
    set_policy(home.shop, exploration=0.0)
    serve_many(home.shop, 200)
    sum_closed_days(shop=home.shop)
    total = ledger_of(home.shop, 7).total
    assert (total.tried, total.cost_clicks.value, total.cost_clicks.variance) == (0, 0.0, 0.0)
    assert total.clicks > 0


def test_summing_again_changes_nothing_and_is_asked_for_once(home):
    serve_many(home.shop, 120)
    assert sum_closed_days(shop=home.shop) > 0
    before = list(LedgerDay.objects.order_by("day").values_list(*COUNTS, "cost_clicks"))
    assert sum_closed_days(shop=home.shop) == 0
    ClosedDay.objects.update(is_stale=True)
    assert sum_closed_days(shop=home.shop) > 0
    assert list(LedgerDay.objects.order_by("day").values_list(*COUNTS, "cost_clicks")) == before


def test_today_is_not_over(home):
    serve_many(home.shop, 20, days_ago=0.0)
    assert sum_closed_days(shop=home.shop) == 0


def test_a_click_that_arrives_late_is_counted(home):
    serve_many(home.shop, 60)
    sum_closed_days(shop=home.shop)
    before, slate = summed(home.shop), Exposure.objects.order_by("served_at").first()
    clicked = set(Interaction.objects.filter(recommendation_id=slate.pk).values_list("item_id", flat=True))
    item_id = next(slot["item_id"] for slot in slate.items if slot["item_id"] not in clicked)
    Interaction.objects.create(
        shop=home.shop,
        event_id="late",
        type="select_item",
        visitor_id=slate.visitor_id,
        item_id=item_id,
        recommendation_id=slate.pk,
        timestamp=slate.served_at + timedelta(minutes=2),
        received_at=clock.now() + timedelta(seconds=1),
    )
    assert sum_closed_days(shop=home.shop) == 1
    assert summed(home.shop)["clicks"] == before["clicks"] + 1


def test_a_day_is_summed_once_more_when_its_last_purchases_are_known(home):
    serve_many(home.shop, 40, days_ago=3.0)
    day = clock.local_day(Exposure.objects.order_by("served_at").first().served_at, home.shop.timezone)
    _, end = clock.day_bounds(day, home.shop.timezone)
    assert sum_closed_days(shop=home.shop, now=end + timedelta(minutes=20)) == 1
    assert sum_closed_days(shop=home.shop, now=end + timedelta(hours=20)) == 0
    assert sum_closed_days(shop=home.shop, now=end + timedelta(hours=24)) >= 1
    assert ClosedDay.objects.get(day=day).summed_at == end + timedelta(hours=24)


def test_an_erased_visitor_leaves_the_ledger(home):
    serve_many(home.shop, 60)
    sum_closed_days(shop=home.shop)
    forget_visitor(shop=home.shop, visitor_id="visitor-0-7", by="test")
    assert sum_closed_days(shop=home.shop) == 1
    assert summed(home.shop)["slates"] == 58


def test_a_day_of_which_everything_was_erased_is_empty(home):
    serve_many(home.shop, 2)
    sum_closed_days(shop=home.shop)
    forget_visitor(shop=home.shop, visitor_id="visitor-0-0", by="test")
    sum_closed_days(shop=home.shop)
    assert not LedgerDay.objects.exists()
    assert not ItemDay.objects.exists()


def test_bots_are_left_out(home):
    serve_many(home.shop, 60)
    BotVisitor.objects.create(shop=home.shop, visitor_id="visitor-0-3", reason="rate", found_at=clock.now())
    sum_closed_days(shop=home.shop)
    assert summed(home.shop)["slates"] == 58


def test_slates_that_cannot_be_told_count_as_explored_and_no_cost_is_made_up(home):
    """Of an older schema, of a policy that is not kept, with propensities of another policy."""
    serve_many(home.shop, 40)
    Exposure.objects.update(record=None)
    sum_closed_days(shop=home.shop)
    explored = sum(slot["explore"] for exposure in Exposure.objects.all() for slot in exposure.items)
    assert (summed(home.shop)["tried"], summed(home.shop)["untold"]) == (explored, 40)
    assert LedgerDay.objects.get().cost_clicks is None
    LoggedPolicy.objects.all().delete()
    ClosedDay.objects.update(is_stale=True)
    sum_closed_days(shop=home.shop)
    assert summed(home.shop)["tried"] == explored


def test_no_cost_is_told_by_propensities_that_are_not_those_of_the_policy(home):
    serve_many(home.shop, 40)
    for exposure in Exposure.objects.all():
        for slot in exposure.items:
            slot["propensity"] *= 0.9
        exposure.save()
    sum_closed_days(shop=home.shop)
    assert LedgerDay.objects.get().cost_clicks is None
    assert not ledger_of(home.shop, 7).total.tells_cost


def test_simulated_shoppers_count_until_a_real_visitor_comes(home):
    serve_many(home.shop, 30, simulated=True)
    sum_closed_days(shop=home.shop)
    assert ledger_of(home.shop, 7).total.slates == 30
    serve_many(home.shop, 10, seed=1)
    ClosedDay.objects.update(is_stale=True)
    sum_closed_days(shop=home.shop)
    refresh_daily_kpis(shop=home.shop)
    assert ledger_of(home.shop, 7).total.slates == 10


def test_an_interest_is_found_where_a_visitor_had_done_nothing(home):
    """Of two who click a tried item one had looked at its category the week before."""
    serve_many(home.shop, 400)
    sum_closed_days(shop=home.shop)
    found = summed(home.shop)
    assert 0 < found["interests"] <= found["tried_clicks"]
    moment = clock.now() - timedelta(days=9)
    Interaction.objects.bulk_create(
        Interaction(
            shop=home.shop,
            event_id=str(uuid.uuid4()),
            type="view_item",
            visitor_id=f"visitor-0-{number}",
            item_id=f"item-{category}",
            timestamp=moment,
            received_at=moment,
        )
        for number in range(200)
        for category in range(4)
    )
    ClosedDay.objects.update(is_stale=True)
    sum_closed_days(shop=home.shop)
    assert summed(home.shop)["interests"] == 0


def test_another_shops_days_are_not_touched(home, other_shop):
    serve_many(home.shop, 20)
    sum_closed_days(shop=home.shop)
    assert sum_closed_days(shop=other_shop) == 0
    assert LedgerDay.objects.filter(shop=home.shop).exists()
