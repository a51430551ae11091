"""Items graduate, or go back, on the day on which it is clear; and what graduated brings back."""

from datetime import date, timedelta

import pytest

from dashboard.core import clock
from dashboard.events.selectors import Period
from dashboard.ledger.models import ClosedDay, Finding, ItemDay
from dashboard.ledger.selectors.brought import brought_by_day, total_brought
from dashboard.ledger.services.findings import judge_items

pytestmark = pytest.mark.django_db
FIRST = date(2026, 3, 2)


@pytest.fixture
def days(shop):
    """Twenty days of which each has 1,000 usual slots that are clicked 40 times."""
    for number in range(20):
        day = FIRST + timedelta(days=number)
        ClosedDay.objects.create(shop=shop, day=day, summed_at=clock.now())
        give(shop, number, "usual", shown=1_000, clicks=40, money=80.0)
    return shop


def give(shop, number, item_id, *, shown, clicks=0, tried=0, tried_clicks=0, money=0.0, placement="home"):
    ItemDay.objects.create(
        shop=shop,
        day=FIRST + timedelta(days=number),
        placement=placement,
        item_id=item_id,
        shown=shown,
        clicks=clicks,
        money=money,
        tried=tried,
        tried_clicks=tried_clicks,
        tried_money=0.0,
        untried_squares=money * 2.0,
    )


def findings(shop, since=FIRST):
    judge_items(shop=shop, since=since)
    rows = Finding.objects.filter(shop=shop).order_by("day", "item_id")
    return [(row.item_id, row.kind, (row.day - FIRST).days) for row in rows]


def test_an_item_graduates_that_was_tried_and_then_stands_by_itself(days):
    for number in range(6):
        give(days, number, "vase", shown=10, clicks=1, tried=10, tried_clicks=1)
    for number in range(6, 12):
        give(days, number, "vase", shown=30, clicks=3, tried=3)
    assert findings(days) == [("vase", "graduated", 8)]
    told = Finding.objects.get()
    assert (told.shown, told.clicks) == (81, 9)
    assert told.expected == pytest.approx(81 * 0.04, rel=0.1)


def test_a_bestseller_that_is_tried_now_and_then_was_not_found_by_it(days):
    for number in range(20):
        give(days, number, "mug", shown=100, clicks=8, tried=5)
    assert findings(days) == []


def test_what_stands_by_itself_and_is_clicked_clearly_less_has_not_graduated(days):
    for number in range(6):
        give(days, number, "vase", shown=10, tried=10, clicks=1, tried_clicks=1)
    for number in range(6, 12):
        give(days, number, "vase", shown=100)
    assert ("vase", "graduated") not in {told[:2] for told in findings(days)}


def test_an_item_goes_back_when_its_tried_slots_are_clearly_clicked_less(days):
    for number in range(8):
        give(days, number, "jar", shown=20, tried=20)
    ((item_id, kind, number),) = findings(days)
    assert (item_id, kind) == ("jar", "rejected")
    assert 3 < number < 8


def test_few_showings_decide_nothing(days):
    give(days, 3, "jar", shown=19, tried=19)
    assert findings(days) == []


def test_judging_again_from_any_day_on_says_the_same(days):
    for number in range(6):
        give(days, number, "vase", shown=10, clicks=1, tried=10, tried_clicks=1)
        give(days, number + 8, "jar", shown=30, tried=30)
    for number in range(6, 20):
        give(days, number, "vase", shown=30, clicks=3)
    told = findings(days)
    assert len(told) == 2
    for number in (0, 5, 9, 15, 19):
        assert findings(days, FIRST + timedelta(days=number)) == told


def test_an_item_is_judged_by_the_placement_where_it_was_tried(days):
    """One in fifty is little on Home, and much in the e-mail."""
    for number in range(10):
        give(days, number, "letter", placement="email", shown=2_000, clicks=4)
        give(days, number, "jar", placement="email", shown=50, clicks=1, tried=50, tried_clicks=1)
    assert findings(days) == []


def test_what_graduated_brings_back_what_usual_slots_do_not(days):
    for number in range(6):
        give(days, number, "vase", shown=10, clicks=1, tried=10, tried_clicks=1)
    for number in range(6, 12):
        give(days, number, "vase", shown=30, clicks=3, money=12.0)
    findings(days)
    since = Finding.objects.get().day
    period = Period(20, FIRST + timedelta(days=19))
    by_day = brought_by_day(days, period)
    assert min(by_day) == since + timedelta(days=1)
    total = total_brought(list(by_day.values()))
    slots, rate = 30 * len(by_day), (20 * 40 + 24) / (20_000 + 240)
    assert total.clicks.value == pytest.approx(3 * len(by_day) - slots * rate)
    assert total.money.low < total.money.value < total.money.high
    assert total.money.value == pytest.approx(12 * len(by_day) - slots * (20 * 80 + 72) / 20_240)


def test_another_shops_items_are_not_judged(days, other_shop):
    for number in range(8):
        give(other_shop, number, "jar", shown=20, tried=20)
        give(other_shop, number, "usual", shown=1_000, clicks=40)
    ClosedDay.objects.create(shop=other_shop, day=FIRST + timedelta(days=9), summed_at=clock.now())
    assert findings(days) == []
    assert len(findings(other_shop)) == 1
