"""The backup of docs/operations.md, word for word: dumped while row policies hold, restored into an empty database."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.db import connection

from dashboard.events.services import record_events
from dashboard.standalone.servers.binaries import find_binaries
from tests.their_things import their_things

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
COUNTED = [
    "accounts_apikey",
    "catalog_item",
    "events_interaction",
    "events_impression",
    "events_exposure",
    "policies_policy",
]


def url_of(name):
    known = connection.settings_dict
    place = f"{known['HOST']}:{known['PORT']}"
    return f"postgres://{known['USER']}:{known['PASSWORD']}@{place}/{name}"


def documented(word):
    """The line of the page's backup that begins the command `word`."""
    page = (Path(django_settings.BASE_DIR) / "docs" / "operations.md").read_text()
    (found,) = re.findall(rf"^(?:PGOPTIONS=\S+(?: \S+)?\" )?{word} [^\n#]*", page, re.MULTILINE)
    return found


def run(command, folder, database):
    tools = find_binaries(None).initdb.parent
    path = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    environment = {**os.environ, **path, "DATABASE_URL": url_of(database), "EMPTY_URL": url_of(database)}
    return subprocess.run(
        [shutil.which("sh"), "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def counts(database, scope):
    session = psycopg2.connect(url_of(database))
    with session, session.cursor() as cursor:
        cursor.execute("SELECT set_config('forage.shop', %s, false)", [scope])
        found = {}
        for table in COUNTED:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
            found[table] = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_class WHERE relforcerowsecurity")
        found["closed tables"] = cursor.fetchone()[0]
    session.close()
    return found


@pytest.fixture
def empty_database(shop):
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield name
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_a_dump_is_restored_whole_and_still_keeps_shops_apart(shop, other_shop, empty_database, tmp_path):
    their_things(other_shop)
    record_events(shop=shop, raw=[{"event_id": "a", "type": "view_item", "visitor_id": "v", "item_id": "mug"}])
    name = connection.settings_dict["NAME"]
    dumped = run(documented("pg_dump"), tmp_path, name)
    assert dumped.returncode == 0, dumped.stderr
    for _ in ("into an empty database", "and over what is there"):
        for word in ("psql", "pg_restore"):
            done = run(documented(word), tmp_path, empty_database)
            assert done.returncode == 0, done.stderr
    before = counts(name, "-1")
    assert before["events_interaction"] == 2
    assert all(before[table] for table in COUNTED)
    assert counts(empty_database, "-1") == before
    assert counts(empty_database, str(shop.pk))["events_interaction"] == 1
    assert counts(empty_database, "")["events_interaction"] == 0


def test_without_the_two_words_a_dump_is_refused_or_empty(shop, tmp_path):
    """What the page warns of."""
    name = connection.settings_dict["NAME"]
    table = "--data-only --table=accounts_apikey"
    assert run(f'pg_dump {table} "$DATABASE_URL"', tmp_path, name).returncode != 0
    whole = run(f'PGOPTIONS="-c forage.shop=-1" pg_dump --enable-row-security {table} "$DATABASE_URL"', tmp_path, name)
    blind = run(f'pg_dump --enable-row-security {table} "$DATABASE_URL"', tmp_path, name)
    assert shop.api_keys.first().digest in whole.stdout
    assert shop.api_keys.first().digest not in blind.stdout
    assert blind.returncode == 0
