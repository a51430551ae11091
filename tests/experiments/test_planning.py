"""What is told of an experiment before it starts: how many visitors, how long, and what it can show at all."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from dashboard.core import clock
from dashboard.events.models import Exposure, Interaction
from dashboard.experiments.selectors.planning import CHANGES, LEAST_DAYS, MIN_PLANNED_VISITORS, PATIENCE_DAYS, plan_for

pytestmark = pytest.mark.django_db


def visits(placement, visitors, in_cart=0, days_ago=9, slug="", first=0):
    """So many visitors saw a slate of the placement; the first of them put something into their carts an hour later."""
    at = clock.now() - timedelta(days=days_ago)
    numbers = range(first, first + visitors)
    Exposure.objects.bulk_create(
        Exposure(
            recommendation_id=UUID(int=number + 1),
            shop=placement.shop,
            placement=slug or placement.slug,
            visitor_id=f"v{number}",
            served_at=at,
            policy_version=1,
            policy_hash="",
            temperature=0.1,
            seed=1,
            items=[{"item_id": "i1", "position": 1, "explore": False}],
            candidates={},
        )
        for number in numbers
    )
    Interaction.objects.bulk_create(
        Interaction(
            shop=placement.shop,
            event_id=f"cart-{number}",
            type="add_to_cart",
            visitor_id=f"v{number}",
            item_id="i1",
            timestamp=at + timedelta(hours=1),
            received_at=at + timedelta(hours=1),
        )
        for number in numbers[:in_cart]
    )
    with connection.cursor() as cursor:  # else the rows of a moment ago are planned for as if there were none
        cursor.execute("ANALYZE events_exposure, events_interaction")


def waits(plan):
    return {wait.change: wait for wait in plan.waits}


def test_the_base_is_what_the_placement_s_visitors_did_in_the_last_two_weeks(home):
    visits(home, 280, in_cart=84)
    visits(home, 50, in_cart=50, days_ago=20, first=1_000)
    visits(home, 70, in_cart=0, slug="elsewhere", first=2_000)
    plan = plan_for(home, metric="add_to_cart_rate")
    assert plan.is_measured
    assert plan.base == pytest.approx(0.3)
    assert plan.base_shown == "30.0%"
    assert plan.visitors_per_day == 20


def test_a_smaller_change_takes_more_visitors_and_more_days(home):
    visits(home, 1_400, in_cart=420)
    plan = plan_for(home, metric="add_to_cart_rate")
    assert [wait.change for wait in plan.waits] == list(CHANGES)
    needed = [wait.visitors for wait in plan.waits]
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > 20 * needed[2], "a fifth of the change: 25 times the visitors"
    assert all(wait.days * 100 >= wait.visitors for wait in plan.waits)


def test_with_half_of_the_visitors_it_takes_twice_as_long_for_as_many(home):
    visits(home, 1_400, in_cart=420)
    whole, half = (plan_for(home, metric="add_to_cart_rate", traffic_share=share) for share in (1.0, 0.5))
    assert waits(half)[0.1].visitors == waits(whole)[0.1].visitors
    assert waits(half)[0.1].days == pytest.approx(2 * waits(whole)[0.1].days, abs=1)


def test_a_tenth_is_aimed_at_where_it_can_be_waited_for(home):
    visits(home, 4_200, in_cart=1_260)
    plan = plan_for(home, metric="add_to_cart_rate")
    assert plan.aim.change == 0.1
    assert plan.ends_on == clock.today_in(home.shop.timezone) + timedelta(days=plan.aim.days)


def test_where_a_tenth_takes_too_long_the_smallest_bearable_change_is_aimed_at(home):
    visits(home, 700, in_cart=210)
    plan = plan_for(home, metric="add_to_cart_rate")
    assert waits(plan)[0.1].days > PATIENCE_DAYS
    assert plan.aim.change == plan.smallest_bearable > 0.1


def test_what_somebody_wants_to_show_is_aimed_at_however_long_it_takes(home):
    visits(home, 700, in_cart=210)
    plan = plan_for(home, metric="add_to_cart_rate", change=0.02)
    assert plan.aim == waits(plan)[0.02]
    assert plan.planned_visitors == plan.aim.visitors


def test_weekdays_and_weekends_are_both_seen_however_many_visitors_come(home):
    visits(home, 4_200, in_cart=1_260)
    plan = plan_for(home, metric="add_to_cart_rate", change=0.5)
    assert plan.aim.days == LEAST_DAYS
    assert plan.planned_visitors >= MIN_PLANNED_VISITORS


def test_where_nobody_was_seen_yet_a_tenth_is_assumed_and_no_end_is_told(home):
    plan = plan_for(home, metric="add_to_cart_rate")
    assert (plan.is_measured, plan.base, plan.visitors_per_day) == (False, 0.1, 0)
    assert {wait.days for wait in plan.waits} == {None}
    assert plan.ends_on is None
    assert plan.is_too_small
    assert plan.smallest_bearable is None


def test_another_shop_s_visitors_are_not_counted(home, other_shop):
    from dashboard.policies.models import Placement

    visits(Placement.objects.create(shop=other_shop, slug=home.slug, name="Front"), 280, in_cart=84)
    assert plan_for(home).visitors_per_day == 0
