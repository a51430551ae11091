"""Exposures become a table of months of `served_at`, with what is in it, as interactions did in 0004.

Rows are copied: a million slates take about a minute, in which none can be logged. Nothing checks any more that a
`recommendation_id` is unique, for the key of a table of months holds its time too; they are made by us, at random.
"""

from django.db import migrations

TABLE = "events_exposure"
MONTHS_BACK, MONTHS_AHEAD = 60, 3

INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s
    AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype = 'p')
"""
MONTHS = f"""
    SELECT to_char(month, '"m"YYYY_MM'), month, month + interval '1 month'
    FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => {MONTHS_BACK}),
                         date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => {MONTHS_AHEAD}),
                         interval '1 month') AS month
    WHERE month >= date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month'
       OR EXISTS (SELECT FROM {TABLE}_whole WHERE served_at >= month AT TIME ZONE 'UTC'
                  AND served_at < (month + interval '1 month') AT TIME ZONE 'UTC')
"""


def by_month(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        indexes = _set_aside(cursor)
        cursor.execute(
            f"CREATE TABLE {TABLE} (LIKE {TABLE}_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS) "
            "PARTITION BY RANGE (served_at)"
        )
        cursor.execute(f"CREATE TABLE {TABLE}_default PARTITION OF {TABLE} DEFAULT")
        cursor.execute(MONTHS)
        for name, start, end in cursor.fetchall():
            cursor.execute(
                f"CREATE TABLE {TABLE}_{name} PARTITION OF {TABLE} FOR VALUES FROM (%s) TO (%s)",
                [f"{start:%Y-%m-%d} 00:00:00+00", f"{end:%Y-%m-%d} 00:00:00+00"],
            )
        _refill(cursor, "recommendation_id, served_at", indexes)


def whole(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        indexes = _set_aside(cursor)
        cursor.execute(f"CREATE TABLE {TABLE} (LIKE {TABLE}_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        _refill(cursor, "recommendation_id", indexes)


def _set_aside(cursor):
    """Give the table another name and take its indexes off; returns their statements."""
    cursor.execute(INDEXES, [TABLE])
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid = %s::regclass", [TABLE])
    cursor.execute(f'ALTER TABLE {TABLE} DROP CONSTRAINT "{cursor.fetchone()[0]}"')
    cursor.execute(f"ALTER TABLE {TABLE} RENAME TO {TABLE}_whole")
    cursor.execute(f"ALTER TABLE {TABLE}_whole NO FORCE ROW LEVEL SECURITY")  # all rows move, whatever policy it had
    return indexes


def _refill(cursor, key, indexes):
    cursor.execute(f"INSERT INTO {TABLE} SELECT * FROM {TABLE}_whole")
    cursor.execute(f"DROP TABLE {TABLE}_whole")
    cursor.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_pkey PRIMARY KEY ({key})")
    for _, statement in indexes:
        cursor.execute(statement.replace(" ON ONLY ", " ON "))


class Migration(migrations.Migration):
    dependencies = [("events", "0006_visitor_alias")]
    operations = [migrations.RunPython(by_month, whole)]
