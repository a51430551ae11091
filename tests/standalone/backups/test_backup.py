"""What a backup holds, and when it is none."""

import json

import pytest

from dashboard.core import errors
from dashboard.events.models import Interaction
from dashboard.events.services import record_events
from dashboard.standalone.backups import check_backup, kept_secrets, make_backup
from dashboard.standalone.backups.making import ATTEMPTS
from dashboard.standalone.credentials import secret
from dashboard.training import store
from dashboard.training.models import Artifact
from tests.standalone.backups.conftest import publish

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_backup_holds_every_row_every_model_and_the_secrets_and_is_read_again(garden_shop, tmp_path):
    made = make_backup(str(tmp_path / "backup"))
    assert made.shops == [garden_shop.slug]
    assert made.rows["events_interaction"] == 3
    artifact = Artifact.objects.get()
    assert made.artifacts == {artifact.path: sorted([*artifact.checksums, "manifest.json"])}
    assert json.loads((tmp_path / "backup" / "secrets.json").read_text())["secret_key"] == "only-for-tests"
    assert check_backup(str(tmp_path / "backup")) == made


def test_a_restored_key_lies_where_bin_up_looks_for_it(here, monkeypatch):
    """Of the embedded database alone: elsewhere the environment says it."""
    assert kept_secrets.put_back({"secret_key": "of-before", "merchant_passphrase": "p"}) is True
    assert not (here.data / "secrets").exists()
    monkeypatch.setattr(kept_secrets, "is_embedded", lambda variable: True)
    assert kept_secrets.put_back({"secret_key": "only-for-tests", "postgres_app": "another cluster's"}) is False
    assert secret(here.data, "secret_key") == "only-for-tests"
    assert [path.name for path in (here.data / "secrets").iterdir()] == ["secret_key"]


def test_others_may_not_read_it(garden_shop, tmp_path):
    make_backup(str(tmp_path / "backup"))
    files = [path for path in (tmp_path / "backup").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_it_tells_of_one_moment_whatever_arrives_meanwhile(garden_shop, garden, tmp_path):
    def meanwhile(text, share):
        if not Interaction.objects.filter(event_id="late").exists():
            event = {"event_id": "late", "type": "view_item", "visitor_id": "bob", "item_id": "0-1"}
            record_events(shop=garden_shop, raw=[event])
            Artifact.objects.update(is_active=False)
            publish(garden_shop, garden, version=2)

    made = make_backup(str(tmp_path / "backup"), report=meanwhile)
    assert made.rows["events_interaction"] == 3
    assert [path[-7:] for path in made.artifacts] == ["run-1-1"]


def test_an_artifact_that_is_stored_anew_meanwhile_begins_it_anew(garden_shop, tmp_path):
    earlier = Artifact.objects.get()
    moved = store.next_name(earlier.path)

    def meanwhile(text, share):
        if Artifact.objects.filter(path=earlier.path).exists():
            store.put_folder(store.local_folder(earlier.path), moved)
            Artifact.objects.update(path=moved)
            store.delete_folder(earlier.path)

    made = make_backup(str(tmp_path / "backup"), report=meanwhile)
    assert list(made.artifacts) == [moved]
    assert made.damaged == []


def test_artifacts_that_are_replaced_for_ever_end_it(garden_shop, tmp_path):
    """A backup never names files that it does not hold."""
    tries = []

    def meanwhile(text, share):
        earlier = Artifact.objects.get()
        if text == earlier.path:
            Artifact.objects.update(path=f"{earlier.path}x")
            tries.append(text)
            store.put_folder(store.local_folder(earlier.path), f"{earlier.path}x")
            store.delete_folder(earlier.path)

    with pytest.raises(errors.Conflict, match="try again"):
        make_backup(str(tmp_path / "backup"), report=meanwhile)
    assert len(tries) == ATTEMPTS
    with pytest.raises(errors.NotFound, match="no whole backup"):
        check_backup(str(tmp_path / "backup"))


def test_a_model_whose_files_are_damaged_is_left_out_and_named(garden_shop, here, tmp_path):
    artifact = Artifact.objects.get()
    (here.data / "artifacts" / artifact.path / "items.parquet").write_bytes(b"not what was trained")
    made = make_backup(str(tmp_path / "backup"))
    assert made.damaged == [artifact.path]
    assert made.artifacts == {}


def test_a_folder_that_holds_a_backup_is_not_written_over(garden_shop, tmp_path):
    make_backup(str(tmp_path / "backup"))
    with pytest.raises(errors.Conflict, match="holds a backup already"):
        make_backup(str(tmp_path / "backup"))


def test_it_goes_to_any_address_that_fsspec_knows(garden_shop):
    made = make_backup("memory://backups/of-today", with_secrets=False)
    assert "secrets.json" not in made.files
    assert check_backup("memory://backups/of-today") == made


@pytest.mark.parametrize("name", ["database.dump", "secrets.json", "manifest.json of the model"])
def test_a_file_that_was_altered_is_named(garden_shop, tmp_path, name):
    made = make_backup(str(tmp_path / "backup"))
    file = name if name in made.files else next(file for file in made.files if file.endswith("manifest.json"))
    path = tmp_path / "backup" / file
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(errors.Conflict, match=file):
        check_backup(str(tmp_path / "backup"))


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 2},
        {"rows": {"x; DROP TABLE y": 1}},
        {"artifacts": {"../../etc": ["passwd"]}},
        {"artifacts": {"shop-1/run-1-1": ["../../../passwd"]}},
        {"files": {"a": {"sha256": "0"}}},
        {"surprise": 1},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_manifest_that_no_backup_writes_is_refused(garden_shop, tmp_path, changed):
    make_backup(str(tmp_path / "backup"))
    path = tmp_path / "backup" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    with pytest.raises(errors.Invalid):
        check_backup(str(tmp_path / "backup"))


def test_a_name_leads_nowhere_else(garden_shop, tmp_path):
    make_backup(str(tmp_path / "backup"))
    path = tmp_path / "backup" / "manifest.json"
    said = json.loads(path.read_text())
    said["files"]["../elsewhere"] = {"sha256": "0", "bytes": 1}
    path.write_text(json.dumps(said))
    with pytest.raises(errors.Invalid, match="no name of a file"):
        check_backup(str(tmp_path / "backup"))
