"""A shop with something to learn from, an artifact store of its own, and a trainer that does as it is told."""

import json
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.core import clock
from tests.artifact_files import write_artifact


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.DATA_DIR = tmp_path / "data"
    return tmp_path


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """What was enqueued: (task, queue, arguments); nothing reaches the broker."""
    jobs = []
    monkeypatch.setattr("dashboard.core.jobs._send", lambda *job: jobs.append(job))
    return jobs


@pytest.fixture
def seen():
    """Let visitors of a shop view items: `seen(shop, "ada", "bob")`; columns of the rows may be given."""
    from dashboard.events.models import Interaction

    def see(shop, *visitor_ids, **columns):
        now = clock.now()
        Interaction.objects.bulk_create(
            Interaction(
                **{
                    "shop": shop,
                    "event_id": f"{visitor_id}-{index}",
                    "type": "view_item",
                    "visitor_id": visitor_id,
                    "item_id": f"item-{index}",
                    "timestamp": now - timedelta(minutes=index),
                    "received_at": now,
                    **columns,
                }
            )
            for visitor_id in visitor_ids
            for index in range(5)
        )

    return see


@pytest.fixture
def busy_shop(shop, seen):
    seen(shop, "ada", "bob", "cleo", "dan")
    return shop


@dataclass
class FakeTrainer:
    """Trains instead of the library; `does(…)` decides what it will do."""

    script: Path

    def does(self, deed, **more):
        self.script.write_text(json.dumps({"do": deed, **more}))
        return self

    @property
    def command(self):
        return [sys.executable, "-m", "tests.training.fake_trainer", str(self.script)]


@pytest.fixture
def trainer(tmp_path, settings):
    fake = FakeTrainer(tmp_path / "script.json").does("finish")
    settings.TRAINER_COMMAND = fake.command
    return fake


@pytest.fixture
def timing():
    from dashboard.training.services.lease import Timing

    return Timing(lease_seconds=20, tick_seconds=0.05, grace_seconds=2)


@pytest.fixture
def train(trainer, timing):
    """Start a run of the shop and work on it here; returns the ended run."""
    from dashboard.training import services

    def run_it(shop, deed="finish", **more):
        trainer.does(deed, **more)
        run = services.start_run(shop=shop, preset="fast")
        services.execute_run(run_id=run.pk, timing=timing)
        run.refresh_from_db()
        return run

    return run_it


@pytest.fixture
def published(shop, folders):
    """Put an artifact straight into store and tables, as one that serves: `published(shop, version=1)`."""
    from dashboard.training import store
    from dashboard.training.models import Artifact, Run

    def publish(shop, version=1, active=True, state="published", **evaluation):
        folder = write_artifact(folders / f"made-{shop.pk}-{version}", ["ada", "bob"], **evaluation)
        name = f"shop-{shop.pk}/made-{version}"
        store.put_folder(folder, name)
        run = Run.objects.create(shop=shop, state=state, trigger="manual", counts={"interactions": 20})
        return Artifact.objects.create(
            shop=shop,
            run=run,
            version=version,
            path=name,
            checksums=json.loads((folder / "manifest.json").read_text())["checksums"],
            metrics=json.loads((folder / "evaluation.json").read_text()),
            is_active=active,
            published_at=clock.now() if state == "published" else None,
        )

    return publish
