"""The doctor finds what is wrong and says how to mend it."""

import json
import os
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from dashboard.core import clock, heartbeats, jobs
from dashboard.standalone.doctor import configuration, services, storage, versions, work
from dashboard.training import store
from dashboard.training.models import Artifact, Run
from tests.artifact_files import write_artifact

NOWHERE = "127.0.0.1:1"


def levels(findings):
    return [finding.level for finding in findings]


def only(findings):
    (finding,) = list(findings)
    return finding


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def silent(settings):
    """A setup without any warning of its own."""
    settings.SECRET_KEY = "k" * 50
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["localhost"]
    return settings


@pytest.fixture
def data(monkeypatch, tmp_path):
    monkeypatch.setenv("FORAGE_DATA", str(tmp_path))
    (tmp_path / "secrets").mkdir()
    return tmp_path


@pytest.fixture
def serving_artifact(shop, tmp_path):
    folder = write_artifact(tmp_path / "made", ["ada", "bob"])
    store.put_folder(folder, "made")
    run = Run.objects.create(shop=shop, state="published", trigger="manual")
    checksums = json.loads((folder / "manifest.json").read_text())["checksums"]
    return Artifact.objects.create(shop=shop, run=run, version=1, path="made", checksums=checksums, is_active=True)


def test_an_installation_without_servers_fails_and_every_problem_has_a_remedy(tmp_path):
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "SECRET_KEY": "k" * 50,
        "DATABASE_URL": f"postgres://nobody:nothing@{NOWHERE}/none",
        "REDIS_URL": f"redis://{NOWHERE}/0",
        "TRAINER_COMMAND": "false",
        "FORAGE_DATA": str(tmp_path),
    }
    command = [sys.executable, "manage.py", "doctor", "--json"]
    done = subprocess.run(command, cwd=project.BASE_DIR, env=environment, capture_output=True, check=False)
    report = json.loads(done.stdout)
    problems = {finding["check"] for finding in report["findings"] if finding["level"] == "problem"}
    assert (done.returncode, report["ok"]) == (1, False)
    assert problems >= {"database", "migrations", "broker", "workers", "clock", "runs", "versions", "static files"}
    assert all(finding["remedy"] for finding in report["findings"] if finding["level"] != "ok")


def test_without_any_configuration_the_first_line_says_what_to_do(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=project.BASE_DIR,
        env={"PATH": os.environ["PATH"], "FORAGE_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "bin/up" in done.stderr


def test_a_database_that_answers_is_named_with_its_version(db):
    assert next(iter(services.database_findings())).message.startswith("PostgreSQL ")


def test_connections_that_share_a_session_are_told_from_those_that_keep_their_own(db):
    class Pooled:
        """What a pooler of transactions makes of every connection: the one idle session."""

        cursor = connection.cursor

        def copy(self):
            return self

        def close(self):
            pass

    assert services.keeps_session(connection)
    assert not services.keeps_session(Pooled())


def test_a_missing_migration_is_named(db):
    assert levels(services.migration_findings()) == ["ok"]
    MigrationRecorder.Migration.objects.filter(app="standalone").delete()
    finding = only(services.migration_findings())
    assert "standalone.0001" in finding.message
    assert finding.remedy == "Run: manage.py migrate"


def test_a_broker_that_answers_is_named_with_its_version():
    assert "answers" in next(iter(services.broker_findings())).message


def test_a_second_broker_is_asked_too(settings):
    settings.CELERY_BROKER_URL = f"redis://{NOWHERE}/0"
    jobs._producer.cache_clear()
    try:
        assert list(services.broker_findings())[-1].level == "problem"
    finally:
        jobs._producer.cache_clear()


def test_periodic_work_is_late_until_it_was_done(monkeypatch):
    monkeypatch.setattr(heartbeats, "CLOCK", f"test-{uuid.uuid4().hex}")
    assert only(work.clock_findings()).level == "problem"
    heartbeats.beat(heartbeats.CLOCK)
    assert only(work.clock_findings()).level == "ok"


def test_periodic_work_that_stopped_is_late(monkeypatch):
    monkeypatch.setattr(heartbeats, "CLOCK", f"test-{uuid.uuid4().hex}")
    heartbeats.beat(heartbeats.CLOCK)
    monkeypatch.setattr(work, "LATE_SECONDS", -1)
    assert "was last done" in only(work.clock_findings()).message


def test_a_run_that_no_worker_took_is_named(shop):
    assert levels(work.run_findings()) == ["ok"]
    run = Run.objects.create(shop=shop, state="queued", trigger="manual", enqueued_at=clock.now() - timedelta(days=2))
    assert f"run {run.pk} of holly-and-hearth" in only(work.run_findings()).message


def test_a_store_that_takes_files_and_a_whole_artifact_are_well(serving_artifact):
    assert levels(storage.artifact_findings()) == ["ok"]


def test_a_store_that_takes_no_files_is_a_problem(db, settings, tmp_path):
    (tmp_path / "a file").write_text("")
    settings.ARTIFACT_STORE = str(tmp_path / "a file" / "store")
    assert "ARTIFACT_STORE" in only(storage.artifact_findings()).remedy


def test_checking_the_store_leaves_nothing_behind(db, settings, tmp_path):
    list(storage.artifact_findings())
    assert list((tmp_path / "store").iterdir()) == []


def test_an_altered_artifact_is_named_by_its_shop(serving_artifact, tmp_path):
    (tmp_path / "store" / "made" / "segments.json").write_text("[]")
    assert "holly-and-hearth: The file segments.json" in list(storage.artifact_findings())[-1].message


def test_a_disk_that_is_nearly_full_is_a_problem_before_it_is_full(monkeypatch):
    assert only(storage.disk_findings()).level != "problem"
    monkeypatch.setattr(storage, "WARM_START_MIB", 10**9)
    assert only(storage.disk_findings()).level == "problem"


def test_pages_without_collected_static_files_are_a_problem(silent, tmp_path):
    silent.STATIC_ROOT = tmp_path / "static"
    assert only(storage.static_findings()).remedy == "Run: manage.py collectstatic"
    silent.STATIC_ROOT.mkdir()
    (silent.STATIC_ROOT / "staticfiles.json").write_text("{}")
    assert only(storage.static_findings()).level == "ok"


def test_compiled_translations_are_well_and_others_are_not(settings, tmp_path):
    assert only(storage.translation_findings()).level == "ok"
    catalog = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    catalog.parent.mkdir(parents=True)
    catalog.write_text("")
    settings.BASE_DIR = tmp_path
    assert "zh_Hans" in only(storage.translation_findings()).message


def test_a_private_setup_has_nothing_to_say(silent, data):
    assert levels(configuration.findings()) == ["ok"]


def test_a_secret_that_others_may_read_is_a_problem(silent, data):
    secret = data / "secrets" / "secret_key"
    secret.write_text("x")
    secret.chmod(0o644)
    finding = only(configuration.findings())
    assert "secret_key" in finding.message
    assert finding.remedy.startswith("Run: chmod 600")


def test_debugging_before_the_public_is_a_problem(silent, data):
    silent.DEBUG, silent.ALLOWED_HOSTS, silent.HTTPS_ONLY = True, ["shop.example"], True
    assert "DEBUG" in only(configuration.findings()).message


def test_a_public_host_without_https_is_a_warning(silent, data):
    silent.ALLOWED_HOSTS = ["shop.example"]
    assert "HTTPS_ONLY" in only(configuration.findings()).remedy


def test_packages_that_differ_from_their_pins_are_named(tmp_path):
    file = tmp_path / "some.txt"
    file.write_text("# a comment\nDjango==1.0  # why\nwhitenoise[brotli]==6.12.0\nno-such-package==3\n-r other.txt\n")
    pins = versions.pins_of(file)
    assert pins == {"Django": "1.0", "whitenoise": "6.12.0", "no-such-package": "3"}
    outdated, missing = versions.differing({name: pins[name] for name in ("Django", "no-such-package")})
    assert outdated.startswith("Django ")
    assert outdated.endswith("instead of 1.0")
    assert missing == "no-such-package 3 is missing"


def test_a_trainer_that_cannot_be_started_is_a_problem(settings):
    settings.TRAINER_COMMAND = ["/no/such/python", "-m", "recommender"]
    assert "TRAINER_COMMAND" in list(versions.findings())[-1].remedy
