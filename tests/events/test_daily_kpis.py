"""Days, summed in the shop's own zone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from dashboard.core import ids
from dashboard.events.models import DailyKpi
from dashboard.events.services import erase_visitor, record_events, record_exposure, refresh_daily_kpis

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = NOON.date()


def send(shop, *events):
    verdicts = record_events(shop=shop, raw=list(events), any_age=True)
    assert not verdicts.rejected


def event(event_id, kind, item_id="mug", visitor_id="v", at=NOON, **fields):
    stamp = at.isoformat()
    return {
        "event_id": event_id,
        "type": kind,
        "item_id": item_id,
        "visitor_id": visitor_id,
        "timestamp": stamp,
        **fields,
    }


def serve(shop, *item_ids, visitor_id="v", at=NOON, placement="home"):
    slate = ids.time_ordered_uuid()
    items = [{"item_id": item_id, "position": n, "explore": n == 1} for n, item_id in enumerate(item_ids, start=1)]
    record_exposure(
        shop_id=shop.pk,
        recommendation_id=slate,
        placement=placement,
        visitor_id=visitor_id,
        served_at=at,
        policy_version=1,
        policy_hash="0",
        temperature=0.0,
        seed=1,
        items=items,
    )
    return str(slate)


def kpi(shop, placement="", day=DAY):
    return DailyKpi.objects.get(shop=shop, day=day, placement=placement)


def test_a_day_counts_visitors_interactions_orders_and_revenue(shop):
    send(
        shop,
        event("a", "view_item"),
        event("b", "purchase", value=10, order_id="o1"),
        event("c", "purchase", "tin", value="2.50", order_id="o1"),
        event("d", "purchase", visitor_id="w", value=99, currency="USD"),
        event("e", "view_item", visitor_id="w"),
    )
    refresh_daily_kpis(shop=shop, days=[DAY])
    row = kpi(shop)
    assert (row.visitors, row.interactions, row.orders, row.revenue) == (2, 5, 2, Decimal("12.50"))


def test_who_only_saw_a_slate_is_a_visitor_too(shop):
    serve(shop, "mug", visitor_id="looker")
    serve(shop, "mug", visitor_id="v")
    send(shop, event("a", "view_item"))
    refresh_daily_kpis(shop=shop, days=[DAY])
    row = kpi(shop)
    assert (row.visitors, row.slate_visitors, row.interactions) == (2, 2, 1)


def test_days_end_at_midnight_of_the_shops_zone(other_shop):
    send(
        other_shop, event("a", "view_item", at=datetime(2026, 11, 20, 17, tzinfo=UTC))
    )  # 01:00 on the 21st in Shanghai
    refresh_daily_kpis(shop=other_shop)
    assert kpi(other_shop, day=date(2026, 11, 21)).interactions == 1
    assert DailyKpi.objects.count() == 1


def test_a_click_then_a_purchase_within_a_day_is_attributed_to_its_placement(shop):
    slate = serve(shop, "mug", "tin")
    send(
        shop,
        event("a", "select_item", recommendation_id=slate, at=NOON + timedelta(minutes=1)),
        event("b", "view_item", recommendation_id=slate, at=NOON + timedelta(minutes=2)),
        event("c", "purchase", value=8, order_id="o1", at=NOON + timedelta(hours=5)),
        event("d", "purchase", "tin", value=3, order_id="o1", at=NOON + timedelta(hours=5)),
    )
    refresh_daily_kpis(shop=shop, days=[DAY])
    for row in (kpi(shop), kpi(shop, "home")):
        assert (row.slates, row.slate_visitors, row.slots, row.explored_slots, row.clicks) == (1, 1, 2, 1, 1)
        assert (row.attributed_orders, row.attributed_revenue) == (1, Decimal("8.00"))


@pytest.mark.parametrize("days", [[DAY + timedelta(days=1)], None], ids=["its day", "every day"])
def test_a_purchase_after_a_second_click_is_attributed_and_the_click_counts_once(shop, days):
    slate = serve(shop, "mug")
    send(
        shop,
        event("a", "select_item", recommendation_id=slate),
        event("b", "view_item", recommendation_id=slate, at=NOON + timedelta(hours=23)),
        event("c", "purchase", value=8, order_id="o1", at=NOON + timedelta(hours=26)),
    )
    refresh_daily_kpis(shop=shop, days=days)
    row = kpi(shop, day=DAY + timedelta(days=1))
    assert (row.attributed_orders, row.attributed_revenue, row.clicks) == (1, Decimal("8.00"), 0)


@pytest.mark.parametrize(
    "change",
    [
        {"at": NOON + timedelta(hours=26)},
        {"visitor_id": "w"},
        {"item_id": "tin"},
        {"at": NOON - timedelta(minutes=5)},
    ],
    ids=["too late", "another visitor", "another item", "before the click"],
)
def test_a_purchase_that_no_click_led_to_is_not_attributed(shop, change):
    slate = serve(shop, "mug")
    send(shop, event("a", "select_item", recommendation_id=slate), event("b", "purchase", value=8, **change))
    refresh_daily_kpis(shop=shop)
    assert sum(DailyKpi.objects.values_list("attributed_orders", flat=True)) == 0


def test_a_click_on_what_the_slate_did_not_hold_is_none(shop):
    slate = serve(shop, "mug")
    send(shop, event("a", "select_item", "tin", recommendation_id=slate))
    refresh_daily_kpis(shop=shop)
    assert kpi(shop).clicks == 0


def test_a_click_whose_exposure_is_missing_is_harmless(shop):
    send(shop, event("a", "select_item", recommendation_id=str(ids.time_ordered_uuid())))
    refresh_daily_kpis(shop=shop)
    assert (kpi(shop).clicks, kpi(shop).interactions) == (0, 1)


def test_a_slate_of_another_shop_counts_for_nothing(shop, other_shop):
    slate = serve(other_shop, "mug")
    send(shop, event("a", "select_item", recommendation_id=slate))
    refresh_daily_kpis(shop=shop)
    assert kpi(shop).clicks == 0


def test_a_second_refresh_changes_nothing_and_an_emptied_day_goes(shop):
    send(shop, event("a", "view_item"))
    assert refresh_daily_kpis(shop=shop) == 1
    before = list(DailyKpi.objects.values().order_by("day"))
    refresh_daily_kpis(shop=shop)
    after = list(DailyKpi.objects.values().order_by("day"))
    assert [{**row, "id": 0} for row in after] == [{**row, "id": 0} for row in before]
    erase_visitor(shop=shop, visitor_id="v")
    refresh_daily_kpis(shop=shop)
    assert not DailyKpi.objects.exists()


def test_every_day_is_summed_in_whatever_order_the_database_names_the_days(shop):
    days = [NOON - timedelta(days=number) for number in range(40)]
    send(shop, *[event(f"e{at:%Y%m%d}", "view_item", at=at) for at in days])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # as for a large shop: days out of a hash table, unsorted
    refresh_daily_kpis(shop=shop)
    assert DailyKpi.objects.filter(shop=shop).count() == len(days)


def test_what_simulated_visitors_did_is_summed_apart(shop):
    slate = serve(shop, "mug", "tin")
    send(shop, event("a", "select_item", recommendation_id=slate), event("b", "purchase", value=10, order_id="o1"))
    record_events(shop=shop, raw=[event("c", "purchase", visitor_id="w", value=4)], any_age=True, simulated=True)
    refresh_daily_kpis(shop=shop, days=[DAY])
    real, simulated = (DailyKpi.objects.get(shop=shop, placement="", simulated=kind) for kind in (False, True))
    assert (real.slates, real.clicks, real.revenue, real.attributed_revenue) == (1, 1, 10, 10)
    assert (simulated.slates, simulated.visitors, simulated.revenue, simulated.attributed_revenue) == (0, 1, 4, 0)
