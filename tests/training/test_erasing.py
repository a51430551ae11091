"""Who was erased is taken out of the files of every artifact that is kept."""

import itertools
import json

import pyarrow.parquet as pq
import pytest

from dashboard.core import errors
from dashboard.events.models import ErasedVisitor
from dashboard.events.services import erase_visitor, merge_visitor
from dashboard.events.services.privacy import remember_erased
from dashboard.segments import selectors as segments
from dashboard.serving.model_store import ModelStore
from dashboard.training import integrity, selectors, services, store
from dashboard.training.models import Artifact
from tests.artifact_files import write_artifact
from tests.recommender.serving.garden import train_garden


def visitors_of(artifact):
    artifact.refresh_from_db()
    folder = selectors.local_artifact_folder(artifact)
    return pq.read_table(folder / "visitors.parquet")["visitor_id"].to_pylist()


@pytest.fixture
def two(shop, seen, published):
    """v1 is kept for a roll-back, v2 serves; both know Ada and Bob."""
    seen(shop, "ada", "bob")
    earlier = services.publish_artifact(artifact=published(shop, 1, active=False))
    return [earlier, services.publish_artifact(artifact=published(shop, 2, active=False))]


def test_no_artifact_holds_the_visitor_and_no_older_folder_is_left(shop, two, folders):
    erase_visitor(shop=shop, visitor_id="ada")
    assert services.clean_artifacts(shop=shop) == 2
    assert [visitors_of(artifact) for artifact in two] == [["bob"], ["bob"]]
    kept = {artifact.path for artifact in two}
    assert set(store.folder_names(store.shop_folder(shop.pk))) == kept
    assert not ErasedVisitor.objects.exists()
    assert services.clean_artifacts(shop=shop) == 0


def test_what_was_cleaned_can_still_be_rolled_back_to(shop, two):
    erase_visitor(shop=shop, visitor_id="ada")
    services.clean_artifacts(shop=shop)
    services.rollback_to(artifact=selectors.artifact(shop, two[0].pk))
    served = selectors.active_artifact(shop)
    assert served == two[0]
    assert integrity.verified_manifest(selectors.local_artifact_folder(served), expected=served.checksums)


def test_ids_that_were_merged_into_the_visitor_go_too(shop, two):
    merge_visitor(shop=shop, visitor_id="ada", into="customer-1")
    erase_visitor(shop=shop, visitor_id="customer-1")
    services.clean_artifacts(shop=shop)
    assert visitors_of(two[0]) == ["bob"]


def test_one_who_returns_under_the_same_id_is_not_who_was_erased(shop, two, seen, published):
    erase_visitor(shop=shop, visitor_id="ada")
    seen(shop, "ada", timestamp="2026-11-01T00:00:00Z")
    services.publish_artifact(artifact=published(shop, 3, active=False))
    assert segments.visitor_memberships(shop, "ada") is None
    assert segments.visitor_memberships(shop, "bob") is not None


def test_while_a_run_may_hold_the_visitor_it_waits_and_cleans_what_the_run_made(shop, two, published):
    run = services.start_run(shop=shop)
    erase_visitor(shop=shop, visitor_id="ada")
    assert services.clean_artifacts(shop=shop) == 0
    made = published(shop, 3, active=False, state="rejected")
    services.cancel_run(run=run)
    assert services.clean_artifacts(shop=shop) == 3
    assert visitors_of(made) == ["bob"]


def test_what_an_attempt_left_in_the_store_goes_too(shop, two, folders):
    stray = f"{store.shop_folder(shop.pk)}/run-99-1"
    store.put_folder(write_artifact(folders / "lost", ["ada"]), stray)
    erase_visitor(shop=shop, visitor_id="ada")
    services.clean_artifacts(shop=shop)
    assert stray not in store.folder_names(store.shop_folder(shop.pk))


def test_a_damaged_artifact_keeps_no_other_from_being_cleaned_and_is_tried_again(shop, two):
    path = selectors.local_artifact_folder(two[0]) / "items.parquet"
    path.write_bytes(path.read_bytes()[:-2])
    erase_visitor(shop=shop, visitor_id="ada")
    with pytest.raises(integrity.CorruptArtifact):
        services.clean_artifacts(shop=shop)
    assert visitors_of(two[1]) == ["bob"]
    assert ErasedVisitor.objects.exists()


def test_who_would_publish_what_was_just_replaced_is_asked_to_try_again(shop, two, folders):
    before = selectors.artifact(shop, two[0].pk)
    folder = selectors.local_artifact_folder(before)
    copy = write_artifact(folders / "copy", ["ada", "bob"])
    erase_visitor(shop=shop, visitor_id="ada")
    services.clean_artifacts(shop=shop)
    copy.rename(folder)  # the files were checked a moment before they went
    with pytest.raises(errors.Conflict, match="try again"):
        services.rollback_to(artifact=before)


def test_another_shops_artifacts_stay_as_they_are(shop, other_shop, two, published):
    theirs = published(other_shop, 1)
    erase_visitor(shop=shop, visitor_id="ada")
    services.clean_artifacts(shop=shop)
    assert visitors_of(theirs) == ["ada", "bob"]


def test_a_machine_that_fetches_the_cleaned_artifact_drops_the_copy_with_the_visitor(shop, published, settings):
    settings.ARTIFACT_STORE = "memory://erasing"
    artifact = published(shop, 1)
    old = selectors.local_artifact_folder(artifact)
    erase_visitor(shop=shop, visitor_id="ada")
    kept = old.rename(old.parent / "aside")
    services.clean_artifacts(shop=shop)
    kept.rename(old)  # as on a machine that did not do the cleaning
    assert visitors_of(artifact) == ["bob"]
    assert not old.exists()


def test_a_process_that_serves_takes_the_files_without_the_visitor(shop, published, folders):
    artifact = published(shop, 1)
    garden = train_garden(folders)
    store.put_folder(garden, f"{store.shop_folder(shop.pk)}/garden")
    manifest = json.loads((garden / "manifest.json").read_text())
    Artifact.objects.filter(pk=artifact.pk).update(
        path=f"{store.shop_folder(shop.pk)}/garden", checksums=manifest["checksums"]
    )
    seconds = itertools.count(step=10.0)
    models = ModelStore(clock=lambda: next(seconds))
    before = models.get(shop)
    gone = visitors_of(artifact)[0]
    remember_erased(shop=shop, visitor_ids=[gone])
    services.clean_artifacts(shop=shop)
    assert gone not in visitors_of(artifact)
    after = models.get(shop)
    assert (before.artifact_id, after.artifact_id) == (artifact.pk, artifact.pk)
    assert after.path == artifact.path != before.path
