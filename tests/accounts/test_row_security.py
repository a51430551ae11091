"""Every table of shops has its policy. This file fails for a table that lacks one."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import connection

from dashboard.accounts.row_security import POLICY, SHOPLESS, protect_partitions, protect_tables, shop_conditions
from dashboard.core import tenancy
from dashboard.events.models import Interaction

pytestmark = pytest.mark.django_db


def ask(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else None


def test_every_table_of_forage_belongs_to_shops_or_is_known_not_to():
    tables = {model._meta.db_table for model in apps.get_models() if model.__module__.startswith("dashboard.")}
    unknown = tables - set(shop_conditions()) - SHOPLESS
    assert not unknown, f"give them a key of the shop, or name them in SHOPLESS with the reason: {sorted(unknown)}"


def test_every_table_with_a_shop_is_closed_to_its_owner_too():
    open_tables = ask(
        """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shop_id'
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
            AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity OR NOT EXISTS (
                SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s))
        """,
        POLICY,
    )
    assert not open_tables, f"call accounts.row_security.protect_tables() where these are made: {open_tables}"


def test_tables_that_reach_their_shop_through_another_are_closed_too():
    closed = {row[0] for row in ask("SELECT relname FROM pg_class WHERE relforcerowsecurity")}
    assert set(shop_conditions()) <= closed
    assert {"policies_policy", "experiments_variant", "experiments_assignment"} <= closed


def test_without_a_scope_no_table_of_shops_shows_a_row(shop, owner):
    from dashboard.policies.models import Placement, Policy

    placement = Placement.objects.create(shop=shop, slug="home", name="Home")
    Policy.objects.create(placement=placement, version=1, knobs={})
    assert ask("SELECT count(*) FROM policies_policy") == [(1,)]
    with tenancy.request_scope():
        for table in shop_conditions():
            assert ask(f'SELECT count(*) FROM "{table}"') == [(0,)], table  # noqa: S608


def test_rows_of_a_shops_rows_follow_the_shop(shop, other_shop):
    from dashboard.policies.models import Placement, Policy

    placement = Placement.objects.create(shop=shop, slug="home", name="Home")
    Policy.objects.create(placement=placement, version=1, knobs={})
    with tenancy.shop_scope(other_shop.pk):
        assert not Policy.objects.exists()
    with tenancy.shop_scope(shop.pk):
        assert Policy.objects.count() == 1


def test_a_policy_of_an_older_number_is_replaced():
    ask(f'ALTER POLICY "{POLICY}" ON catalog_item RENAME TO forage_shop_scope_1')
    assert "catalog_item" in protect_tables()
    assert ask("SELECT polname FROM pg_policy WHERE polrelid = 'catalog_item'::regclass") == [(POLICY,)]


def test_the_role_of_the_tests_bypasses_nothing():
    rights = ask("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    assert rights == [(False,)], "give the tests a database role without SUPERUSER and BYPASSRLS"


def test_a_new_partition_is_closed_by_itself_too(shop, other_shop):
    """pg_dump reads partitions one by one, so each must show what its table would."""
    ask(
        "CREATE TABLE events_interaction_old PARTITION OF events_interaction "
        "FOR VALUES FROM ('1990-01-01') TO ('1990-02-01')"
    )
    assert protect_partitions() == ["events_interaction_old"]
    at = datetime(1990, 1, 7, tzinfo=UTC)
    for each in (shop, other_shop):
        Interaction.objects.create(
            shop=each, event_id="e", type="view_item", visitor_id="ada", item_id="mug", timestamp=at, received_at=at
        )
    with tenancy.shop_scope(shop.pk):
        assert ask("SELECT shop_id FROM events_interaction_old") == [(shop.pk,)]
    with tenancy.request_scope():
        assert ask("SELECT count(*) FROM events_interaction_old") == [(0,)]


def test_protecting_again_changes_nothing():
    assert protect_tables() == []


def test_a_table_that_lost_its_policy_gets_it_back():
    ask("ALTER TABLE catalog_item DISABLE ROW LEVEL SECURITY")
    assert protect_tables() == ["catalog_item"]
