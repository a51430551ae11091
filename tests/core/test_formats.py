"""How numbers, money and times are written in both languages."""

import datetime

import pytest
from django.utils import timezone, translation

from dashboard.core import clock, formats

MORNING = datetime.datetime(2026, 7, 1, 8, 40, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("language", "money", "day"),
    [("en-gb", "£1,234.50", "24 November 2026"), ("zh-hans", "£1,234.50", "2026年11月24日")],
)
def test_money_and_dates_follow_the_language(language, money, day):
    with translation.override(language):
        assert formats.money(1234.5, "GBP") == money
        assert formats.full_date(datetime.date(2026, 11, 24)) == day


def test_a_minus_is_a_true_minus():
    assert formats.money(-5, "GBP") == "−£5.00"
    assert formats.signed_percent(-0.038) == "−3.8%"
    assert formats.points(-0.006) == "−0.6 points"


def test_signs_stand_before_gains_and_not_before_nothing():
    assert formats.signed_percent(0.062) == "+6.2%"
    assert formats.signed_number(0.04) == "0"
    assert formats.points(0.01) == "+1.0 points"


def test_headlines_leave_the_pence_out():
    assert formats.whole_money(8420.49, "GBP") == "£8,420"


def test_a_currency_without_pence_shows_none():
    assert formats.money(1500, "JPY") == "JP¥1,500"


def test_a_percentage_has_as_many_decimals_as_asked():
    assert formats.percent(0.1374) == "14%"
    assert formats.percent(0.1374, 1) == "13.7%"


@pytest.mark.parametrize("write", [formats.number, formats.percent, formats.points, formats.full_date])
def test_what_is_not_known_is_a_dash(write):
    assert write(None) == "–"


def test_times_are_told_on_the_shops_clock_summer_time_included():
    with timezone.override("Europe/London"):
        assert formats.short_time(MORNING) == "1 Jul, 09:40"
    with timezone.override("Asia/Shanghai"):
        assert formats.clock_time(MORNING) == "16:40"


def test_a_moment_near_midnight_belongs_to_the_shops_day():
    late = datetime.datetime(2026, 11, 23, 17, 0, tzinfo=datetime.UTC)
    with timezone.override("Asia/Shanghai"):
        assert formats.full_date(late) == "24 November 2026"


def test_a_range_of_days_names_a_shared_month_once(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC))
    assert formats.date_range(datetime.date(2026, 11, 17), datetime.date(2026, 11, 23)) == "17–23 Nov"


def test_how_long_ago_is_told_in_the_language():
    moment = clock.now() - datetime.timedelta(minutes=3)
    assert formats.ago(moment) == "3 minutes ago"
    with translation.override("zh-hans"):
        assert formats.ago(moment) == "3分钟前"


def test_a_day_of_another_year_says_so_and_one_of_this_winter_does_not():
    assert formats.short_date(datetime.date(2010, 12, 9)) == "9 Dec 2010"
    assert formats.date_range(datetime.date(2010, 12, 6), datetime.date(2010, 12, 12)) == "6–12 Dec 2010"
    near = clock.now().date() - datetime.timedelta(days=40)
    assert str(near.year) not in formats.short_date(near)
    with translation.override("zh-hans"):
        assert formats.short_date(datetime.date(2010, 12, 9)) == "2010年12月9日"
