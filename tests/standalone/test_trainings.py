"""Trainings of the first start are set back in time, and say what became of them."""

from datetime import timedelta

import pytest

from dashboard.core import clock
from dashboard.segments.models import SegmentChange
from dashboard.standalone.trainings import date_run, why_unpublished
from dashboard.training.models import Artifact, Run

pytestmark = pytest.mark.django_db


def made(shop, version, state, **fields):
    run = Run.objects.create(shop=shop, state=state, trigger="command", ended_at=clock.now(), **fields)
    published_at = clock.now() if state == "published" else None
    versioned = {"version": version, "path": f"v{version}", "published_at": published_at}
    artifact = Artifact.objects.create(shop=shop, run=run, **versioned)
    SegmentChange.objects.create(shop=shop, artifact_id=artifact.pk, first_shown_at=clock.now())
    return run, artifact


def test_a_version_its_run_and_its_segments_are_of_the_day_that_is_told(shop):
    week_ago = clock.now() - timedelta(days=7)
    run, artifact = made(shop, 1, "published")
    date_run(run, week_ago)
    run.refresh_from_db()
    artifact.refresh_from_db()
    assert run.ended_at == artifact.created_at == artifact.published_at == week_ago
    assert SegmentChange.objects.get(artifact_id=artifact.pk).first_shown_at == week_ago


def test_a_version_that_was_held_back_was_never_published(shop):
    run, artifact = made(shop, 2, "rejected")
    date_run(run, clock.now() - timedelta(days=7))
    artifact.refresh_from_db()
    assert artifact.published_at is None


def test_it_is_said_why_a_training_brought_no_model(shop):
    moved = {"reason_code": "segments_moved", "reason_facts": {"version": "v1", "kept": "0.0", "visitors": 5690}}
    run, _ = made(shop, 2, "rejected", **moved)
    assert f"run {run.pk} was rejected: " in why_unpublished(run)
    assert "v1" in why_unpublished(run)
    assert why_unpublished(None) == why_unpublished(made(shop, 3, "published")[0]) == ""
