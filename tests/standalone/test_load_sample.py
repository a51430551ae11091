"""The sample shop is loaded like any shop's own data, completely, and once."""

import json
from datetime import date, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.urls import reverse

from dashboard.accounts.models import Membership
from dashboard.accounts.services import create_shop
from dashboard.catalog.models import Item
from dashboard.core.errors import Conflict
from dashboard.events.models import DailyKpi, Interaction
from dashboard.policies.models import Placement
from dashboard.standalone.credentials import MERCHANT_EMAIL, merchant_passphrase
from dashboard.standalone.sample import SAMPLE_SHOP, loader
from dashboard.standalone.sample.loading import catalog_table, events_table

TODAY = date(2026, 11, 24)
ITEMS, ROWS = 50, 600

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture(scope="module")
def part():
    """Some items and the first interactions of the year, as if loaded on a given day."""
    items, events, day = catalog_table(TODAY)[:ITEMS], events_table(TODAY)[:ROWS], 86_400
    return (
        lambda today: items,
        lambda today: events.assign(timestamp=events.timestamp + day * (today - TODAY).days),
    )


@pytest.fixture(autouse=True)
def few_rows(monkeypatch, part):
    monkeypatch.setattr(loader, "catalog_table", part[0])
    monkeypatch.setattr(loader, "events_table", part[1])


def stored_times(shop):
    return Interaction.objects.filter(shop=shop).order_by("timestamp").values_list("timestamp", flat=True)


def interrupted_after(rows, monkeypatch, part):
    with monkeypatch.context() as short:
        short.setattr(loader, "events_table", lambda today: part[1](today)[:rows])
        return loader.load_sample()


def state(shop):
    return (
        Item.objects.filter(shop=shop).count(),
        Interaction.objects.filter(shop=shop).count(),
        Placement.objects.filter(shop=shop).count(),
        sum(DailyKpi.objects.filter(shop=shop, placement="").values_list("interactions", flat=True)),
    )


def test_catalog_interactions_placements_and_daily_sums_are_there():
    shop = loader.load_sample()
    assert state(shop) == (ITEMS, ROWS, 4, ROWS)
    assert shop.is_sample


def test_its_interactions_are_real_and_so_not_marked_as_simulated():
    assert not Interaction.objects.filter(shop=loader.load_sample(), simulated=True).exists()


def test_the_merchant_signs_in_with_the_passphrase_of_the_data_folder(client, data_folder):
    shop = loader.load_sample()
    form = {"username": MERCHANT_EMAIL, "password": merchant_passphrase(data_folder)}
    assert client.post(reverse("accounts:sign-in"), form).status_code == 302
    assert Membership.objects.get(shop=shop).role == Membership.Role.OWNER


def test_loading_again_changes_nothing():
    shop = loader.load_sample()
    before = state(shop)
    assert loader.load_sample() == shop
    assert state(shop) == before


def test_an_interrupted_load_is_completed_with_the_dates_it_began_with(monkeypatch, part):
    shop = interrupted_after(ROWS // 2, monkeypatch, part)
    monkeypatch.setattr("dashboard.core.clock.now", lambda: shop.created_at + timedelta(days=3))
    loader.load_sample()
    times = sorted(part[1](shop.created_at.astimezone(ZoneInfo(shop.timezone)).date()).timestamp)
    assert [moment.timestamp() for moment in stored_times(shop)] == times
    assert state(shop) == (ITEMS, ROWS, 4, ROWS)


def test_daily_sums_that_an_interruption_left_out_are_made_up_for():
    shop = loader.load_sample()
    DailyKpi.objects.filter(shop=shop).delete()
    loader.load_sample()
    assert state(shop)[3] == ROWS


def test_a_merchants_own_shop_of_that_name_is_left_alone():
    create_shop(slug=SAMPLE_SHOP, name="Mine")
    with pytest.raises(Conflict):
        loader.load_sample()
    assert not Membership.objects.exists()


def test_the_report_rises_to_the_end_of_the_interactions():
    shares = []
    loader.load_sample(report=lambda text, share: shares.append(share))
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] < 1


def test_the_command_names_the_shop_and_its_merchant_for_machines():
    output = StringIO()
    call_command("load_sample", json=True, stdout=output)
    assert json.loads(output.getvalue()) == {"shop": SAMPLE_SHOP, "email": MERCHANT_EMAIL}
