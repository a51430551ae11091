"""A garden shop whose log holds what its model was trained on, and whose clock is a few days later."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from dashboard.core import clock
from dashboard.events.models import Interaction
from dashboard.serving import model_store
from dashboard.training.models import Artifact, Run
from tests.recommender.serving.garden import ITEMS_OF_A_TASTE, TASTES, THEMES, behaviour, item
from tests.serving.conftest import add_item, catalog, model_folder, set_policy

__all__ = ["catalog", "model_folder"]
SNAPSHOT = timedelta(hours=2)  # ago
NEWEST = max(row[3] for row in behaviour())
_numbers = itertools.count(1)


def moment(second):
    """When something of the garden's own time happened: the last of it four hours ago."""
    return clock.now() - timedelta(hours=4) + timedelta(seconds=second - NEWEST)


def store(shop, rows, *, received_at, **columns):
    """(visitor, item, event type, moment) as events accepted at a moment."""
    Interaction.objects.bulk_create(
        Interaction(
            shop=shop,
            event_id=f"u{next(_numbers)}",
            visitor_id=visitor_id,
            item_id=item_id,
            type=kind,
            timestamp=at,
            received_at=received_at,
            **columns,
        )
        for visitor_id, item_id, kind, at in rows
    )


def publish(shop, folder, *, version, until):
    """Serve a version that was trained on what had been received by then."""
    manifest = json.loads((Path(settings.ARTIFACT_STORE) / folder / "manifest.json").read_text())
    newest_at = datetime.fromisoformat(manifest["data"]["newest_at"]).astimezone(UTC)
    lineage = {**manifest, "data": {"newest_at": moment(newest_at.timestamp()).isoformat()}}
    lineage["snapshot"] = {"until": until.isoformat(), "counts_simulated": True}
    Artifact.objects.filter(shop=shop, is_active=True).update(is_active=False)
    run = Run.objects.create(shop=shop, state="published", trigger="manual")
    return Artifact.objects.create(
        shop=shop, run=run, version=version, path=str(folder), is_active=True, lineage=lineage
    )


@pytest.fixture(autouse=True)
def standing():
    """The clock stands, so that what was received before it, and after, is the test's to say."""
    with clock.standing_at(datetime.now(UTC)):
        yield


@pytest.fixture
def garden(catalog, model_folder, monkeypatch):
    """Processes look for news when a test has them do so (`published_models.refresh`)."""
    monkeypatch.setattr(model_store, "CHECK_EVERY_SECONDS", 1e9)
    for taste in range(TASTES):
        for number in range(ITEMS_OF_A_TASTE):
            add_item(catalog, item(taste, number), title=f"{THEMES[taste]} {number}", categories=[THEMES[taste]])
    add_item(catalog, "just-in", days_old=1, categories=[THEMES[1]])
    rows = [(visitor, item_id, kind, moment(second)) for visitor, item_id, kind, second in behaviour()]
    store(catalog, rows, received_at=clock.now() - timedelta(hours=3))
    publish(catalog, model_folder, version=1, until=clock.now() - SNAPSHOT)
    set_policy(catalog, exploration=0.0)
    return catalog
