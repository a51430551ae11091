"""A backup of one machine, restored on another: by the two commands, in processes of their own."""

import json
import shutil

import psycopg2
import pytest

from dashboard.core import heartbeats, valkey
from dashboard.standalone.backups.place import FileFacts, copied
from dashboard.training.models import Artifact
from tests.standalone.backups.conftest import url_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ASKED = ("recommend", "--shop", "holly-and-hearth", "--visitor", "ada", "--placement", "home", "--seed", "7")


def slate(installation):
    """Propensities differ in the eighth digit: what a visitor did is some seconds older each time."""
    answer = installation.told(*ASKED)
    assert answer["fallback"] is None, answer
    kept = ("item_id", "position", "explore", "source")
    slots = [[*(entry[name] for name in kept), round(entry["propensity"], 4)] for entry in answer["items"]]
    return answer["artifact"], answer["policy_version"], slots


def rows(installation, table, scope="-1"):
    session = psycopg2.connect(url_of(installation.database), options=f"-c forage.shop={scope}")
    with session, session.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        (count,) = cursor.fetchone()
    session.close()
    return count


@pytest.fixture
def backup(garden_shop, here, tmp_path):
    address = tmp_path / "backup"
    assert here.told("backup", address)["shops"] == [garden_shop.slug]
    return address


def test_a_restored_installation_serves_the_same_slates(backup, garden_shop, here, elsewhere):
    before = slate(here)
    restored = elsewhere.told("restore", backup)
    assert (restored["shops"], restored["needs_restart"]) == ([garden_shop.slug], True)
    assert slate(elsewhere) == before
    assert elsewhere.run("migrate", "--check").returncode == 0
    assert rows(elsewhere, "events_interaction") == 3
    assert rows(elsewhere, "events_interaction", scope="0") == 0  # row policies are back

    again = elsewhere.run("restore", backup)
    assert again.returncode == 1
    assert "--replace" in again.stderr
    assert elsewhere.run("restore", backup, "--replace").returncode == 0
    assert slate(elsewhere) == before


def test_what_was_remembered_is_forgotten_and_signs_of_life_are_not(backup, elsewhere):
    heartbeats.beat_worker("default@here", queues=["default"], busy=0, done=0)
    valkey.ask(lambda client: client.set("forage:of-before", "1"), None)
    heartbeats.beat(heartbeats.BACKUP)
    elsewhere.told("restore", backup)
    assert valkey.ask(lambda client: client.get("forage:of-before"), "away") is None
    assert "default@here" in [worker.name for worker in heartbeats.workers()]
    assert heartbeats.age_seconds(heartbeats.BACKUP) is not None


def test_a_model_of_the_same_name_that_is_there_is_not_written_over(backup, here, elsewhere):
    path = Artifact.objects.get().path
    other = elsewhere.data / "artifacts" / path
    shutil.copytree(here.data / "artifacts" / path, other)
    (other / "manifest.json").write_text("{}")
    elsewhere.told("restore", backup)
    assert (other / "manifest.json").read_text() == "{}"
    assert slate(elsewhere) == slate(here)


def test_what_is_altered_is_refused_and_changes_nothing(backup, elsewhere):
    dump = backup / "database.dump"
    raw = bytearray(dump.read_bytes())
    raw[-10] ^= 1
    dump.write_bytes(raw)
    done = elsewhere.run("restore", backup)
    assert (done.returncode, "database.dump" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
    assert rows(elsewhere, "pg_tables WHERE schemaname = 'public'") == 0


def test_a_dump_that_ends_in_the_middle_leaves_what_there_was(backup, elsewhere):
    """Also where the manifest says that it is whole."""
    elsewhere.told("restore", backup)
    dump = backup / "database.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    _sign(backup, "database.dump")
    done = elsewhere.run("restore", backup, "--replace")
    assert (done.returncode, "takes no restore" in done.stderr) == (1, True), done.stderr
    assert rows(elsewhere, "events_interaction") == 3
    assert slate(elsewhere)


def test_rows_that_are_missing_in_the_dump_leave_what_there_was(backup, elsewhere):
    elsewhere.told("restore", backup)
    path = backup / "manifest.json"
    said = json.loads(path.read_text())
    said["rows"]["events_interaction"] = 4
    path.write_text(json.dumps(said))
    done = elsewhere.run("restore", backup, "--replace")
    assert (done.returncode, "events_interaction does not hold the 4 rows" in done.stderr) == (1, True), done.stderr
    assert rows(elsewhere, "events_interaction") == 3


def test_who_works_in_the_database_meanwhile_is_cut_off(backup, elsewhere):
    elsewhere.told("restore", backup)
    session = psycopg2.connect(url_of(elsewhere.database), options="-c forage.shop=-1")
    session.cursor().execute("LOCK TABLE events_interaction")
    elsewhere.told("restore", backup, "--replace")
    with pytest.raises(psycopg2.OperationalError):
        session.cursor().execute("SELECT 1")


def test_a_backup_of_a_newer_forage_is_refused(backup, elsewhere):
    path = backup / "manifest.json"
    said = json.loads(path.read_text())
    said["migrations"].append(["events", "9999_flying"])
    path.write_text(json.dumps(said))
    done = elsewhere.run("restore", backup)
    assert (done.returncode, "events.9999_flying" in done.stderr) == (1, True)


def test_where_there_is_no_backup_it_says_so(elsewhere, tmp_path):
    done = elsewhere.run("restore", tmp_path / "nothing")
    assert (done.returncode, "no whole backup" in done.stderr) == (1, True)


def _sign(backup, name):
    with (backup / name).open("rb") as source:
        facts: FileFacts = copied(source)
    path = backup / "manifest.json"
    said = json.loads(path.read_text())
    said["files"][name] = facts.as_dict()
    path.write_text(json.dumps(said))
