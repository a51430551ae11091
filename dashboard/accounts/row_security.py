"""Row policies of every table that belongs to shops: what is not in the scope of core/tenancy.py does not exist.

`migrate` ends with `protect_tables`, so no table can be forgotten: which ones belong to shops is read from the models
(a key of the shop, or a key of a row that has one) and from the database (partitions).
"""

from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model

from dashboard.core.connections import SETTING

POLICY = "forage_shop_scope_2"  # a changed condition gets a new number; the old one is named below, and so replaced
_REPLACED = ("forage_shop_scope_1",)
#: Tables of Forage that belong to no shop: the shops themselves, people, steps of the installation, and what its staff
#: alone sees.
SHOPLESS = {
    *("accounts_shop", "accounts_user", "standalone_milestone"),
    *("operations_alert", "operations_taskfailure"),
}

# The setting is read by subqueries, which PostgreSQL answers once a statement; by itself it would be read at every row.
_OWN_ROWS = (
    "(SELECT current_setting('{setting}', true)) = '-1' "
    "OR {column} = (SELECT NULLIF(current_setting('{setting}', true), '')::bigint)"
)
_ROWS_OF = "{column} IN (SELECT {key} FROM {parent})"  # the parent's own policy decides

_TABLES = """
    SELECT c.relname, c.relispartition, c.relrowsecurity AND c.relforcerowsecurity,
        EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s)
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
"""
_PARTITIONS = """
    SELECT c.relname, root.relname FROM pg_class c JOIN pg_class root ON root.oid = pg_partition_root(c.oid)
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relispartition AND c.relkind IN ('r', 'p')
        AND NOT (c.relrowsecurity AND c.relforcerowsecurity
            AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s))
"""


def protect_tables(**_: Any) -> list[str]:
    """Give every table of shops its policy; tables that have it are left alone. Returns those that were changed.

    The owner obeys too (FORCE). A partition gets the policy of its table: pg_dump reads each by itself.
    """
    conditions = shop_conditions()
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [POLICY])
        found = {name: (is_partition, is_forced, has) for name, is_partition, is_forced, has in cursor.fetchall()}
        changed = [
            table
            for table, (_is_partition, is_forced, has_policy) in found.items()
            if table in conditions and not (is_forced and has_policy)
        ]
        for table in changed:
            _protect(cursor, table, conditions[table])
    return changed + protect_partitions()


def protect_partitions() -> list[str]:
    """Close the partitions that were made since: for whoever makes them. Returns their names."""
    conditions = shop_conditions()
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [POLICY])
        fresh = [(partition, table) for partition, table in cursor.fetchall() if table in conditions]
        for partition, table in fresh:
            _protect(cursor, partition, conditions[table])
    return [partition for partition, _ in fresh]


def shop_conditions() -> dict[str, str]:
    """The condition of every table that belongs to shops, by table."""
    found: dict[str, str] = {}
    models = [model for model in apps.get_models() if model.__module__.startswith("dashboard.")]
    for model in models:
        if (column := _shop_column(model)) is not None:
            found[model._meta.db_table] = _OWN_ROWS.format(setting=SETTING, column=column)
    owned = set(found)
    for model in models:
        key = _key_into(model, owned)
        if key is not None and model._meta.db_table not in owned:
            parent = key.related_model._meta
            found[model._meta.db_table] = _ROWS_OF.format(
                column=key.column, key=parent.pk.column, parent=parent.db_table
            )
    return found


def _shop_column(model: type[Model]) -> str | None:
    for field in model._meta.local_fields:
        if isinstance(field, ForeignKey) and field.related_model._meta.label == "accounts.Shop":
            return str(field.column)
    return None


def _key_into(model: type[Model], tables: set[str]) -> Any:
    """The first key of a row that belongs to a shop."""
    for field in model._meta.local_fields:
        if isinstance(field, ForeignKey) and field.related_model._meta.db_table in tables:
            return field
    return None


def _protect(cursor: Any, table: str, condition: str) -> None:
    for name in (*_REPLACED, POLICY):
        cursor.execute(f'DROP POLICY IF EXISTS "{name}" ON "{table}"')
    cursor.execute(f'CREATE POLICY "{POLICY}" ON "{table}" USING ({condition}) WITH CHECK ({condition})')
    cursor.execute(_force(table))


def _force(table: str) -> str:
    return f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY'
