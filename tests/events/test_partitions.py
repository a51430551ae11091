"""The tables of months: rows find their month, months are made in time, and old ones go."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from dashboard.core import clock
from dashboard.events.models import DailyKpi, EventKey, Exposure, Impression, Interaction
from dashboard.events.services import (
    change_retention,
    forget_old_events,
    import_events,
    keep_partitions,
    record_events,
    refresh_daily_kpis,
)
from dashboard.events.services.partitions import TABLES, months_of

pytestmark = pytest.mark.django_db
TODAY = clock.now()


def event(event_id, days_ago=0, **fields):
    at = (TODAY - timedelta(days=days_ago)).isoformat()
    return {"event_id": event_id, "type": "view_item", "visitor_id": "v", "item_id": "mug", "timestamp": at, **fields}


def partition_of(event_id, table="events_interaction"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {table} WHERE event_id = %s", [event_id])  # noqa: S608
        return cursor.fetchone()[0]


def in_default(table="events_interaction"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE tableoid = '{table}_default'::regclass")  # noqa: S608
        return cursor.fetchone()[0]


def test_an_event_lies_in_its_month(shop):
    record_events(shop=shop, raw=[event("a"), event("b", type="view_item_list")])
    month = f"m{TODAY.astimezone(UTC):%Y_%m}"
    assert partition_of("a") == f"events_interaction_{month}"
    assert partition_of("b", "events_impression") == f"events_impression_{month}"


def test_a_slate_lies_in_the_month_in_which_it_was_served(shop):
    slate_of(shop, TODAY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM events_exposure")
        assert cursor.fetchone() == (f"events_exposure_m{TODAY.astimezone(UTC):%Y_%m}",)


def test_a_resend_that_carries_a_time_of_another_month_is_a_duplicate(shop):
    record_events(shop=shop, raw=[event("a")])
    assert record_events(shop=shop, raw=[event("a", days_ago=70)]).duplicates == 1
    assert Interaction.objects.count() == 1


def test_months_are_made_ahead_once():
    later = TODAY + timedelta(days=31 * 8)
    made = keep_partitions(now=later)
    assert len(made) >= 2 * len(TABLES)
    assert keep_partitions(now=later) == []
    month = later.year * 12 + later.month - 1
    assert {month - 1, month, month + 1, month + 2, month + 3} <= months_of("events_interaction").keys()


def test_rows_that_waited_in_the_default_partition_move_to_their_month(shop):
    record_events(shop=shop, raw=[event("old", days_ago=800), event("older", days_ago=830)], any_age=True)
    before = list(Interaction.objects.order_by("id").values())
    assert in_default() == 2
    keep_partitions()
    assert in_default() == 0
    assert list(Interaction.objects.order_by("id").values()) == before
    assert partition_of("old").endswith(f"{TODAY - timedelta(days=800):m%Y_%m}")


def test_a_month_that_was_made_takes_new_rows_with_new_ids(shop):
    record_events(shop=shop, raw=[event("old", days_ago=800)], any_age=True)
    keep_partitions()
    record_events(shop=shop, raw=[event("late", days_ago=800)], any_age=True)
    assert partition_of("late") == partition_of("old")
    assert len(set(Interaction.objects.values_list("id", flat=True))) == 2


def test_a_table_of_months_has_the_indexes_of_its_model():
    keep_partitions(now=TODAY + timedelta(days=400))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT tablename) FROM pg_indexes "
            "WHERE tablename LIKE 'events\\_interaction\\_%%'"
        )
        indexes, partitions = cursor.fetchone()
    assert indexes == (len(Interaction._meta.indexes) + 1) * partitions, "those of the model, and that of the key"


def test_what_is_older_than_any_month_may_be_is_kept_in_the_default_partition(shop):
    record_events(shop=shop, raw=[event("ancient", days_ago=10_000)], any_age=True)
    keep_partitions()
    assert in_default() == 1


def test_an_import_makes_the_months_of_its_history(shop, tmp_path):
    file = tmp_path / "history.csv"
    stamps = [(TODAY - timedelta(days=days)).timestamp() for days in (500, 700)]
    file.write_text("visitor_id,item_id,timestamp\n" + "".join(f"v,mug,{stamp:.0f}\n" for stamp in stamps))
    import_events(shop=shop, path=file)
    assert Interaction.objects.count() == 2
    assert in_default() == 0


class TestRetention:
    def test_the_installation_drops_whole_months_and_refuses_what_would_lie_in_them(self, shop, settings):
        settings.EVENTS_RETENTION_MONTHS = 12
        record_events(shop=shop, raw=[event("old", 800), event("new"), event("ancient", 10_000)], any_age=True)
        keep_partitions()
        dropped = keep_partitions()
        assert set(Interaction.objects.values_list("event_id", flat=True)) == {"new"}
        assert min(months_of("events_interaction")) >= TODAY.year * 12 + TODAY.month - 1 - 12
        assert record_events(shop=shop, raw=[event("old", 800)]).rejected[0]["code"] == "timestamp_too_old"
        assert record_events(shop=shop, raw=[event("old")]).duplicates == 1
        assert dropped == []

    def test_ids_are_forgotten_a_month_after_nothing_of_their_time_is_taken_any_more(self, shop, settings):
        settings.EVENTS_RETENTION_MONTHS = 2
        record_events(shop=shop, raw=[event(name) for name in ("kept", "at_the_edge", "gone")])
        april = datetime(2026, 4, 30, 23, tzinfo=UTC)  # February is the oldest month that is kept
        received = {"kept": "2026-04-01", "at_the_edge": "2026-01-02", "gone": "2026-01-01"}
        for name, day in received.items():
            EventKey.objects.filter(event_id=name).update(received_on=day)
        keep_partitions(now=april)
        assert set(EventKey.objects.values_list("event_id", flat=True)) == {"kept", "at_the_edge"}

    def test_an_installation_that_keeps_all_keeps_every_id(self, shop, settings):
        settings.EVENTS_RETENTION_MONTHS = 0
        record_events(shop=shop, raw=[event("old")])
        EventKey.objects.update(received_on="2001-01-01")
        keep_partitions()
        assert EventKey.objects.count() == 1

    def test_slates_go_with_their_month(self, shop, settings):
        settings.EVENTS_RETENTION_MONTHS = 2
        slate_of(shop, TODAY - timedelta(days=200))
        slate_of(shop, TODAY)
        keep_partitions()
        assert [slate.served_at for slate in Exposure.objects.all()] == [TODAY]

    def test_the_month_at_the_edge_is_kept_whole(self, shop, settings):
        settings.EVENTS_RETENTION_MONTHS = 1
        record_events(shop=shop, raw=[event("edge", timestamp="2026-03-01T00:00:00Z")], any_age=True)
        record_events(shop=shop, raw=[event("over", timestamp="2026-02-28T23:59:59Z")], any_age=True)
        now = datetime(2026, 4, 30, 23, tzinfo=UTC)
        keep_partitions(now=now)
        assert set(Interaction.objects.values_list("event_id", flat=True)) == {"edge"}

    def test_a_shop_forgets_its_own_rows_alone(self, shop, other_shop):
        for one in (shop, other_shop):
            raw = [event("old", 100), event("seen", 100, type="view_item_list"), event("new", 10)]
            record_events(shop=one, raw=raw)
            slate_of(one, TODAY - timedelta(days=100))
        change_retention(shop=shop, days=90)
        assert [forget_old_events(shop=one) for one in (shop, other_shop)] == [3, 0]
        assert Interaction.objects.get(shop=shop).event_id == "new"
        assert [rows.objects.filter(shop=other_shop).count() for rows in (Interaction, Impression, Exposure)] == [
            2,
            1,
            1,
        ]
        assert EventKey.objects.filter(shop=shop).count() == 3

    def test_sums_of_forgotten_days_stay(self, shop):
        record_events(shop=shop, raw=[event("old", 100), event("new", 10)])
        refresh_daily_kpis(shop=shop)
        before = list(DailyKpi.objects.order_by("day").values_list("day", "interactions"))
        change_retention(shop=shop, days=90)
        forget_old_events(shop=shop)
        refresh_daily_kpis(shop=shop)
        assert list(DailyKpi.objects.order_by("day").values_list("day", "interactions")) == before
        assert len(before) == 2


def slate_of(shop, served_at):
    Exposure.objects.create(
        shop=shop, placement="home", served_at=served_at, policy_version=1, policy_hash="0" * 16, temperature=0, seed=1,
        items=[], candidates={},
    )  # fmt: skip
