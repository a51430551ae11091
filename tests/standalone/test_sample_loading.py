"""The sample shop arrives as if its last day were yesterday."""

from datetime import date

import pandas as pd
import pytest

from dashboard.standalone.sample.loading import catalog_table, events_table

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def events():
    return events_table(TODAY)


def test_the_last_day_is_yesterday_in_the_shops_zone(events):
    times = pd.to_datetime(events.timestamp, unit="s", utc=True)
    assert times.dt.tz_convert("Europe/London").max().date() == date(2026, 11, 23)


def test_no_event_id_is_given_twice(events):
    assert events.event_id.is_unique


def test_event_ids_do_not_depend_on_the_day_of_loading(events):
    assert events.event_id.tolist() == events_table(date(2027, 3, 1)).event_id.tolist()


def test_the_money_of_a_line_is_its_price_times_its_quantity(events):
    assert ((events.price * events.quantity - events.value).abs() < 0.01).all()


def test_every_item_has_a_title_and_a_price():
    items = catalog_table(TODAY)
    assert (items.title != "").all()
    assert (items.price > 0).all()
