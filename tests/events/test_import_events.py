"""Past interactions from files."""

import json
from datetime import UTC, datetime

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from dashboard.core import errors
from dashboard.events.models import DailyKpi, Interaction
from dashboard.events.services import import_events

pytestmark = pytest.mark.django_db
CSV = (
    "visitor_id,item_id,timestamp,event_type,quantity,price,order_id\n"
    "v1,mug,2011-12-09T12:50:00Z,purchase,3,2.50,o1\n"
    "v1,tin,2011-12-09 12:51:00,view_item,,,\n"
    "v2,mug,1323435000,,,,\n"
)


@pytest.fixture
def file(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_rows_of_a_csv_become_interactions_and_days_are_summed(shop, file):
    report = import_events(shop=shop, path=file("events.csv", CSV))
    assert (report.rows, report.accepted, report.rejected) == (3, 3, [])
    bought = Interaction.objects.get(type="purchase")
    assert (bought.quantity, bought.price, bought.value, bought.order_id) == (3, 2.5, 7.5, "o1")
    assert bought.timestamp == datetime(2011, 12, 9, 12, 50, tzinfo=UTC)
    assert Interaction.objects.filter(type="view_item").count() == 2
    assert DailyKpi.objects.get().revenue == 7.5


def test_repeating_an_import_stores_nothing_twice(shop, file):
    path = file("events.csv", CSV)
    import_events(shop=shop, path=path)
    report = import_events(shop=shop, path=path)
    assert (report.accepted, report.duplicates, report.rejected) == (0, 3, [])
    assert Interaction.objects.count() == 3


def test_bad_rows_are_named_by_their_line(shop, file):
    path = file("events.csv", CSV + "v3,mug,yesterday,,,,\n,mug,1323435000,,,,\nv4,mug,1323435000,dance,,,\nv5,mug\n")
    report = import_events(shop=shop, path=path)
    assert report.accepted == 3
    assert [(rejection["line"], rejection["code"]) for rejection in report.rejected] == [
        (5, "invalid_timestamp"),
        (6, "missing_field"),
        (7, "unknown_type"),
        (8, "missing_field"),
    ]


def test_a_date_that_some_program_never_set_is_refused_and_spoils_no_days(other_shop, file):
    lines = "v1,mug,0001-01-01T00:00:00Z,,,,\nv2,mug,1969-12-31T23:59:59Z,,,,\nv3,mug,1970-01-01T00:00:00Z,,,,\n"
    report = import_events(shop=other_shop, path=file("events.csv", CSV.partition("\n")[0] + "\n" + lines))
    assert [(rejection["line"], rejection["code"]) for rejection in report.rejected] == [
        (2, "timestamp_too_old"),
        (3, "timestamp_too_old"),
    ]
    assert DailyKpi.objects.get().interactions == 1


def test_jsonl_with_items_and_an_id(shop, file):
    row = {
        "event_id": "e",
        "type": "purchase",
        "visitor_id": "v",
        "timestamp": 1,
        "items": [{"item_id": "a"}, {"item_id": "b"}],
    }
    assert import_events(shop=shop, path=file("events.jsonl", json.dumps(row))).accepted == 1
    assert set(Interaction.objects.values_list("item_id", flat=True)) == {"a", "b"}


def test_parquet_with_numbers_for_ids_and_real_times(shop, tmp_path):
    path = tmp_path / "events.parquet"
    times = pd.to_datetime(["2020-01-01 10:00", "2020-01-01 11:00"])
    pd.DataFrame({"visitor_id": [7, 8], "item_id": [1.0, 2.0], "timestamp": times}).to_parquet(path)
    assert import_events(shop=shop, path=path).accepted == 2
    assert set(Interaction.objects.values_list("visitor_id", "item_id")) == {("7", "1"), ("8", "2")}


def test_the_command_reports_as_json_and_fails_where_a_row_was_refused(shop, file, capsys):
    call_command("import_events", str(file("good.csv", CSV)), shop=shop.slug, json=True)
    assert json.loads(capsys.readouterr().out)["accepted"] == 3
    with pytest.raises(SystemExit) as stop:
        call_command("import_events", str(file("bad.csv", CSV + "v3,mug,x,,,,\n")), shop=shop.slug)
    assert stop.value.code == 1
    said = capsys.readouterr()
    assert "3 duplicates, 1 refused" in said.out
    assert "line 5" in said.err


def test_the_command_names_the_shops_there_are(shop, file):
    with pytest.raises(CommandError, match="holly-and-hearth"):
        call_command("import_events", str(file("good.csv", CSV)), shop="nowhere")


def test_simulated_imports_are_marked(shop, file):
    import_events(shop=shop, path=file("events.csv", CSV), simulated=True)
    assert all(Interaction.objects.values_list("simulated", flat=True))


WRONG = "Visitor ID,sku,when,event_type\n" + "v1,mug,2011-12-09T12:50:00Z,view_item\n" * 5_000


def test_a_wrong_header_is_refused_once_with_what_is_meant(shop, file):
    with pytest.raises(errors.Invalid) as refused:
        import_events(shop=shop, path=file("events.csv", WRONG))
    message = refused.value.message
    assert "visitor_id, timestamp are missing" in message
    assert "Visitor ID, sku, when are not known here" in message
    assert "“Visitor ID” may be visitor_id." in message
    assert "event_id" in message
    assert len(message) < 500


def test_a_wrong_header_of_parquet_is_refused_once_too(shop, tmp_path):
    path = tmp_path / "events.parquet"
    pd.DataFrame({"visitorid": ["v1"] * 3, "item_id": ["mug"] * 3, "timestamp": [1323435000] * 3}).to_parquet(path)
    with pytest.raises(errors.Invalid, match="“visitorid” may be visitor_id"):
        import_events(shop=shop, path=path)


def test_the_command_says_it_in_one_line(shop, file):
    with pytest.raises(CommandError) as refused:
        call_command("import_events", str(file("events.csv", WRONG)), shop=shop.slug)
    assert "visitor_id, timestamp are missing" in str(refused.value)
