"""The migration to tables of months, there and back, with rows in the table."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from dashboard.core import clock
from dashboard.events.models import Interaction
from dashboard.events.services import record_events


def kind_of_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = 'events_interaction'::regclass")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_filled_table_is_cut_into_months_and_made_whole_again(shop):
    moments = [(clock.now() - timedelta(days=days)).isoformat() for days in (0, 45, 400, 9_000)]
    raw = [
        {"event_id": f"e{n}", "type": "view_item", "visitor_id": "v", "item_id": "mug", "timestamp": at}
        for n, at in enumerate(moments)
    ]
    record_events(shop=shop, raw=raw, any_age=True)
    rows = list(Interaction.objects.order_by("id").values())
    try:
        call_command("migrate", "events", "0003", verbosity=0)
        assert kind_of_table() == "r"
        came_before = [name for name in rows[0] if name != "about"]
        kept = [{name: row[name] for name in came_before} for row in rows]
        assert list(Interaction.objects.order_by("id").values(*came_before)) == kept
    finally:
        call_command("migrate", "events", verbosity=0)
    assert kind_of_table() == "p"
    assert list(Interaction.objects.order_by("id").values()) == rows
    record_events(shop=shop, raw=[{**raw[0], "event_id": "after"}])
    assert Interaction.objects.get(event_id="after").id > max(row["id"] for row in rows)
