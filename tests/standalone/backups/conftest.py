"""An installation that serves a trained model, an empty one beside it, and `manage.py` in either."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from dashboard.catalog.services import upsert_items
from dashboard.core import clock
from dashboard.events.services import record_events
from dashboard.policies.services import ensure_default_placements, publish_policy
from dashboard.training import store
from dashboard.training.models import Artifact, Run
from tests.recommender.serving.garden import ITEMS_OF_A_TASTE, TASTES, item, train_garden


@dataclass(frozen=True)
class Installation:
    """A data folder and a database; `run` calls `manage.py` there, in a process of its own."""

    data: Path
    database: str
    secret_key: str = "only-for-tests"

    def run(self, *words):
        environment = {
            **os.environ,
            "FORAGE_DATA": str(self.data),
            "DATABASE_URL": url_of(self.database),
            "ARTIFACT_STORE": str(self.data / "artifacts"),
            "SECRET_KEY": self.secret_key,
        }
        command = [sys.executable, "manage.py", *map(str, words)]
        root = django_settings.BASE_DIR
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)

    def told(self, *words):
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def url_of(name):
    known = connection.settings_dict
    return f"postgres://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{name}"


@pytest.fixture(scope="session")
def garden(tmp_path_factory):
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return train_garden(tmp_path_factory.mktemp("garden"))


@pytest.fixture
def here(tmp_path, settings):
    """The installation of this process."""
    data = tmp_path / "here"
    settings.DATA_DIR, settings.ARTIFACT_STORE = data, str(data / "artifacts")
    return Installation(data, connection.settings_dict["NAME"])


@pytest.fixture
def garden_shop(shop, here, garden):
    """The shop with its catalog, a visitor, a policy that explores, and a model that serves."""
    pots = [{"item_id": item(taste, number), "title": f"Pot {taste} {number}", "price": 5, "in_stock": True}
            for taste in range(TASTES) for number in range(ITEMS_OF_A_TASTE)]  # fmt: skip
    upsert_items(shop=shop, raw_items=pots)
    home = ensure_default_placements(shop)[0]
    publish_policy(placement=home, knobs={"exploration": 0.3}, rules=[], by=None)
    seen = ({"event_id": f"e{number}", "type": "view_item", "visitor_id": "ada", "item_id": item(1, number)}
            for number in range(3))  # fmt: skip
    record_events(shop=shop, raw=list(seen))
    publish(shop, garden, version=1)
    return shop


def publish(shop, folder, version):
    """Put an artifact into the store and the tables, as one that serves."""
    path = f"{store.shop_folder(shop.pk)}/run-{version}-1"
    store.put_folder(folder, path)
    run = Run.objects.create(shop=shop, state="published", trigger="manual")
    manifest = json.loads((folder / store.MANIFEST).read_text())
    columns = {"checksums": manifest["checksums"], "is_active": True, "published_at": clock.now()}
    return Artifact.objects.create(shop=shop, run=run, version=version, path=path, **columns)


@pytest.fixture
def elsewhere(shop, tmp_path):
    """Another machine: an empty folder, an empty database, a key of its own."""
    name = f"{connection.settings_dict['NAME']}_elsewhere"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield Installation(tmp_path / "elsewhere", name, "another-key")
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
