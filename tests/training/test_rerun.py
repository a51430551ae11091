"""`manage.py rerun VERSION`: a version made once more, as far as what it was made of is there."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from dashboard.catalog.services import upsert_items
from dashboard.core import clock
from dashboard.events.models import Interaction
from dashboard.training import selectors, services
from dashboard.training.models import Artifact, Run


def rerun(shop, version, *options):
    out = io.StringIO()
    call_command("rerun", version, "--shop", shop.slug, *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def differences(shop, version):
    return [difference["what"] for difference in json.loads(rerun(shop, version, "--json"))["differences"]]


@pytest.fixture
def first(busy_shop, train):
    """v1 of a shop, which serves."""
    train(busy_shop)
    return selectors.active_artifact(busy_shop)


def test_nothing_has_changed_and_it_is_made_of_the_very_same(busy_shop, first):
    told = rerun(busy_shop, "v1")
    assert "v1 is repeated as v2; NDCG@10 0.20000 then, 0.20000 now." in told
    assert "made of the very same data, configuration, seed and code" in told


def test_what_it_makes_is_held_back_and_what_serves_goes_on(busy_shop, first):
    rerun(busy_shop, "1")
    run = Run.objects.latest("pk")
    assert (run.state, run.reason_code, run.repeats) == ("rejected", "a_repetition", first)
    assert (run.preset, run.trigger) == ("fast", "command")
    assert selectors.active_artifact(busy_shop) == first


def test_what_came_later_is_not_learnt_from(busy_shop, first, seen):
    seen(busy_shop, "late", received_at=clock.now() + timedelta(minutes=1))
    assert differences(busy_shop, "v1") == []
    assert Artifact.objects.get(version=2).lineage["snapshot"]["interactions"] == 20


def test_erased_visitors_are_missing_and_it_says_how_many(busy_shop, first):
    Interaction.objects.filter(shop=busy_shop, visitor_id="ada").delete()
    told = rerun(busy_shop, "v1")
    assert "15 of 20 interactions are there; 1 visitors are gone" in told


def test_the_weights_are_those_of_then(busy_shop, train):
    always = {"shop": busy_shop, "retrains_nightly": True, "counts_simulated": True}
    services.change_plan(**always, event_weights={"purchase": 5, "view_item": 1})
    train(busy_shop)
    services.change_plan(**always, event_weights={"purchase": 9})
    assert differences(busy_shop, "v1") == []
    assert "weights {'purchase': 5.0}" in Run.objects.latest("pk").log_tail


def test_another_catalog_and_other_code_are_told(busy_shop, first):
    upsert_items(shop=busy_shop, raw_items=[{"item_id": "mug", "title": "A mug"}])
    Artifact.objects.filter(pk=first.pk).update(lineage={**first.lineage, "source": "of another time"})
    assert differences(busy_shop, "v1") == ["items", "code"]


def test_it_goes_on_from_the_version_that_it_went_on_from(busy_shop, first, train):
    train(busy_shop)
    assert differences(busy_shop, "v2") == []
    Artifact.objects.filter(pk=first.pk).delete()
    assert differences(busy_shop, "v2") == ["parent"]


def test_a_version_of_before_cannot_be_repeated(busy_shop, published):
    published(busy_shop, 4)
    with pytest.raises(CommandError, match="v4 was made before versions remembered"):
        rerun(busy_shop, "v4")
    assert Run.objects.count() == 1


def test_a_version_that_there_is_not_is_named(busy_shop, first):
    with pytest.raises(CommandError, match="no version 9"):
        rerun(busy_shop, "v9")


def test_an_artifact_tells_snapshot_configuration_seed_code_and_parent(busy_shop, first, train):
    train(busy_shop)
    second = selectors.active_artifact(busy_shop)
    snapshot = second.lineage["snapshot"]
    assert (snapshot["interactions"], snapshot["visitors"], snapshot["counts_simulated"]) == (20, 4, True)
    assert snapshot["until"] <= clock.now().isoformat()
    assert second.run.compared_with == first
    assert {"data", "source", "config", "seed", "preset", "parent"} <= second.lineage.keys()
