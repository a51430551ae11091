"""One definition of a shop's sums: which visitors count, since when, and what may be called a change."""

from datetime import timedelta
from decimal import Decimal

import pytest

from dashboard.core import clock
from dashboard.events.models import DailyKpi
from dashboard.events.selectors import (
    Day,
    are_clicks_clearly_changed,
    are_sales_clearly_changed,
    clicks_change,
    last_days,
    placement_totals,
    sales_change,
    shop_days,
)

pytestmark = pytest.mark.django_db


def row(shop, back=0, placement="", **sums):
    today = clock.today_in(shop.timezone)
    return DailyKpi.objects.create(shop=shop, day=today - timedelta(days=back), placement=placement, **sums)


def of_last(shop, days):
    period = last_days(shop, days)
    return shop_days(shop, period.start, period.end), period


def test_simulated_visitors_count_while_nobody_real_saw_a_slate(shop):
    row(shop, interactions=50, revenue=100)
    row(shop, simulated=True, slates=30, attributed_revenue=7)
    found, period = of_last(shop, 7)
    assert found.counts_simulated
    assert (found.total(period).slates, found.total(period).revenue) == (30, 100)
    assert found.simulated(period).attributed_revenue == 7


def test_real_and_simulated_visitors_are_never_mixed(shop):
    row(shop, back=40, slates=1)
    row(shop, slates=12, attributed_revenue=5)
    row(shop, simulated=True, slates=30, attributed_revenue=7)
    found, period = of_last(shop, 7)
    assert not found.counts_simulated
    assert (found.total(period).slates, found.total(period).attributed_revenue) == (12, 5)
    assert found.simulated(period) == Day()


def test_a_period_holds_today_and_the_days_before_it(shop):
    for back in range(9):
        row(shop, back, placement="home", simulated=True, slates=10**back)
    assert placement_totals(shop, 7) == {"home": Day(slates=1_111_111)}


def test_the_share_of_sales_begins_with_the_first_slate(shop):
    row(shop, back=5, revenue=900)
    row(shop, back=1, revenue=80, slates=3, attributed_revenue=8)
    row(shop, revenue=20, attributed_revenue=2)
    found, period = of_last(shop, 7)
    since = found.since_first_slate(period)
    assert (since.revenue, since.attributed_revenue) == (100, 10)


def test_another_shops_days_are_not_there(shop, other_shop):
    row(other_shop, slates=4)
    found, period = of_last(shop, 7)
    assert found.total(period) == Day()
    assert found.first_slate_on is None
    assert placement_totals(shop, 7) == {}


@pytest.mark.parametrize(("now", "before"), [(19, 200), (200, 19), (200, 0)])
def test_few_orders_on_either_side_are_no_change(now, before):
    assert sales_change(sales(now), sales(before)) is None


def test_twice_the_orders_are_a_clear_change_and_a_few_more_are_not():
    assert sales_change(sales(80), sales(40)) == pytest.approx(1.0)
    assert are_sales_clearly_changed(sales(80), sales(40))
    assert not are_sales_clearly_changed(sales(48), sales(40))


def test_clicks_are_compared_where_both_periods_had_slates_enough():
    few, many = Day(slates=9, clicks=0), Day(slates=4_000, clicks=240)
    assert clicks_change(many, few) is None
    assert clicks_change(many, Day(slates=2_000, clicks=100)) == pytest.approx(10.0)
    assert not are_clicks_clearly_changed(many, Day(slates=2_000, clicks=100))
    assert are_clicks_clearly_changed(many, Day(slates=4_000, clicks=160))


def sales(orders):
    return Day(attributed_orders=orders, attributed_revenue=Decimal(9) * orders)
