"""Publishing is all or nothing, checked, fenced, and can be undone."""

import json

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.core import errors
from dashboard.segments.selectors import shown_artifact_id
from dashboard.training import integrity, selectors, services, states
from dashboard.training.models import Run
from tests.artifact_files import checksums


@pytest.fixture
def serving(shop, published):
    """v1 serves, with its segments."""
    artifact = published(shop, 1, active=False)
    return services.publish_artifact(artifact=artifact)


def test_publishing_switches_artifact_and_segments_together(shop, serving, published):
    newer = services.publish_artifact(artifact=published(shop, 2, active=False))
    assert selectors.active_artifact(shop) == newer
    assert shown_artifact_id(shop) == newer.pk


def test_rolling_back_restores_both(shop, serving, published, owner):
    services.publish_artifact(artifact=published(shop, 2, active=False))
    services.rollback_to(artifact=serving, actor=owner)
    assert selectors.active_artifact(shop) == serving
    assert shown_artifact_id(shop) == serving.pk
    assert AuditEntry.objects.filter(action="artifact.roll_back", subject="v1", actor=owner).exists()


def test_one_cannot_roll_back_to_what_never_served(shop, serving, published):
    never = published(shop, 2, active=False, state="rejected")
    with pytest.raises(errors.Conflict, match="never served"):
        services.rollback_to(artifact=never)


@pytest.mark.parametrize("file", ["visitors.parquet", "items.parquet", "evaluation.json", "manifest.json"])
def test_an_altered_file_is_refused_by_name_and_the_old_artifact_serves_on(shop, serving, published, file):
    newer = published(shop, 2, active=False)
    path = selectors.local_artifact_folder(newer) / file
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(integrity.CorruptArtifact, match=file):
        services.publish_artifact(artifact=newer)
    assert selectors.active_artifact(shop) == serving


def test_a_missing_file_is_refused_by_name(shop, published):
    newer = published(shop, 2, active=False)
    (selectors.local_artifact_folder(newer) / "segments.json").unlink()
    with pytest.raises(integrity.CorruptArtifact, match=r"segments\.json"):
        services.publish_artifact(artifact=newer)


def test_files_and_manifest_exchanged_together_are_refused_too(shop, published):
    newer = published(shop, 2, active=False)
    folder = selectors.local_artifact_folder(newer)
    (folder / "segments.json").write_text("[]")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "checksums": checksums(folder)}))
    with pytest.raises(integrity.CorruptArtifact):
        services.publish_artifact(artifact=newer)


def test_a_manifest_cannot_point_out_of_its_folder(folders, shop, published):
    folder = selectors.local_artifact_folder(published(shop, 2, active=False))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["checksums"]["../secret"] = ""
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(integrity.CorruptArtifact, match="secret"):
        integrity.verified_manifest(folder)


def test_when_the_segments_cannot_be_read_nothing_has_changed(shop, serving, published):
    newer = published(shop, 2, active=False, state="rejected")
    folder = selectors.local_artifact_folder(newer)
    (folder / "segments.json").write_text('[{"number": 1}]')
    manifest = json.loads((folder / "manifest.json").read_text()) | {"checksums": checksums(folder)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    newer.checksums = manifest["checksums"]
    with pytest.raises(KeyError):
        services.publish_artifact(artifact=newer)
    assert selectors.active_artifact(shop) == serving
    assert shown_artifact_id(shop) == serving.pk
    assert Run.objects.get(pk=newer.run_id).state == "rejected"


def test_a_worker_without_the_lease_cannot_publish(shop, serving, published):
    newer = published(shop, 2, active=False)
    Run.objects.filter(pk=newer.run_id).update(state="evaluating", fencing_token=5)
    with pytest.raises(states.LeaseLost):
        services.publish_artifact(artifact=newer, token=4)
    assert selectors.active_artifact(shop) == serving
    services.publish_artifact(artifact=newer, token=5)
    assert selectors.active_artifact(shop) == newer


@pytest.mark.parametrize("state", ["running", "evaluating", "failed", "cancelled"])
def test_a_person_cannot_publish_what_has_not_ended_well(shop, published, state):
    artifact = published(shop, 1, active=False, state=state)
    with pytest.raises(errors.Conflict, match=f"Run {artifact.run_id}"):
        services.publish_artifact(artifact=artifact)


def test_publishing_what_serves_already_changes_nothing(shop, serving):
    before = serving.published_at
    assert services.publish_artifact(artifact=serving).published_at == before
    assert AuditEntry.objects.filter(action="artifact.publish").count() == 1


def test_shops_publish_independently(shop, other_shop, serving, published):
    theirs = services.publish_artifact(artifact=published(other_shop, 1, active=False))
    assert selectors.active_artifact(shop) == serving
    assert selectors.active_artifact(other_shop) == theirs
    with pytest.raises(errors.NotFound):
        selectors.artifact(shop, theirs.pk)
