"""Interactions and impressions become tables of months, with what is in them.

Rows are copied: ten million take a few minutes, in which nothing can be stored. `EventKey`, which makes events once, is
left as it is: the unique key of a partitioned table would have to include its time, and a resend may carry another.
"""

from django.db import migrations

TABLES = ("events_interaction", "events_impression")
MONTHS_BACK, MONTHS_AHEAD = 60, 3

INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s
    AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype = 'p')
"""
MONTHS = """
    SELECT to_char(month, '"m"YYYY_MM'), month, month + interval '1 month'
    FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => %s),
                         date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => %s),
                         interval '1 month') AS month
    WHERE month >= date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month'
       OR EXISTS (SELECT FROM {table}_whole WHERE timestamp >= month AT TIME ZONE 'UTC'
                  AND timestamp < (month + interval '1 month') AT TIME ZONE 'UTC')
"""


def by_month(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            indexes = _set_aside(cursor, table)
            cursor.execute(
                f"CREATE TABLE {table} (LIKE {table}_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING IDENTITY) "
                "PARTITION BY RANGE (timestamp)"
            )
            cursor.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
            cursor.execute(MONTHS.format(table=table), [MONTHS_BACK, MONTHS_AHEAD])
            for name, start, end in cursor.fetchall():
                cursor.execute(
                    f"CREATE TABLE {table}_{name} PARTITION OF {table} FOR VALUES FROM (%s) TO (%s)",
                    [f"{start:%Y-%m-%d} 00:00:00+00", f"{end:%Y-%m-%d} 00:00:00+00"],
                )
            _refill(cursor, table, "id, timestamp", indexes)


def whole(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            indexes = _set_aside(cursor, table)
            cursor.execute(
                f"CREATE TABLE {table} (LIKE {table}_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING IDENTITY)"
            )
            _refill(cursor, table, "id", indexes)


def _set_aside(cursor, table):
    """Give the table another name and take its indexes off; returns their statements."""
    cursor.execute(INDEXES, [table])
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid = %s::regclass", [table])
    cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{cursor.fetchone()[0]}"')
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
    cursor.execute(f"ALTER SEQUENCE {cursor.fetchone()[0]} RENAME TO {table}_whole_id_seq")
    cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_whole")
    cursor.execute(f"ALTER TABLE {table}_whole NO FORCE ROW LEVEL SECURITY")  # all rows move, whatever policy it had
    return indexes


def _refill(cursor, table, key, indexes):
    cursor.execute(f"INSERT INTO {table} SELECT * FROM {table}_whole")
    cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {table}_whole HAVING max(id) > 0", [table])
    cursor.execute(f"DROP TABLE {table}_whole")
    cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key})")
    for _, statement in indexes:
        cursor.execute(statement.replace(" ON ONLY ", " ON "))


class Migration(migrations.Migration):
    dependencies = [("events", "0003_bot_visitor")]
    operations = [migrations.RunPython(by_month, whole)]
