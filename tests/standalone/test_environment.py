"""Which servers are embedded, what children are told, and what is kept for a second terminal."""

import json
import stat

import pytest

from dashboard.standalone import credentials, discovery
from dashboard.standalone.discovery import ROOT, manage_command
from dashboard.standalone.environment import (
    Given,
    adopt_broker_as_cache,
    child_environment,
    runtime_values,
    write_runtime,
)
from dashboard.standalone.servers import start_servers

OUTSIDE = {"DATABASE_URL": "postgres://db.example/shop", "REDIS_URL": "redis://cache.example"}


def test_nothing_is_embedded_where_the_environment_names_the_servers(tmp_path):
    assert start_servers(tmp_path, None, Given.of(OUTSIDE)) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_redis_broker_serves_as_cache_too():
    assert adopt_broker_as_cache({"CELERY_BROKER_URL": "redis://b"}) == {"REDIS_URL": "redis://b"}
    assert adopt_broker_as_cache({"CELERY_BROKER_URL": "amqp://b"}) == {}
    assert adopt_broker_as_cache({"CELERY_BROKER_URL": "redis://b", "REDIS_URL": "redis://c"}) == {}


def test_what_the_user_set_wins_over_what_was_made(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "mine")
    environment = child_environment(tmp_path, runtime_values(tmp_path, {}), url="http://127.0.0.1:8000")
    assert environment["SECRET_KEY"] == "mine"
    assert environment["FORAGE_DATA"] == str(tmp_path)


def test_a_second_terminal_finds_the_services(tmp_path, monkeypatch):
    write_runtime(tmp_path, runtime_values(tmp_path, OUTSIDE))
    monkeypatch.setenv("FORAGE_DATA", str(tmp_path))
    found = discovery.runtime_environment()
    assert found["DATABASE_URL"] == OUTSIDE["DATABASE_URL"]
    assert found["ARTIFACT_STORE"] == str(tmp_path / "artifacts")


def test_a_second_terminal_is_told_which_data_it_shall_find(tmp_path):
    assert manage_command(ROOT / "var") == ".venv/bin/python manage.py"
    assert manage_command(tmp_path / "a shop") == f"FORAGE_DATA='{tmp_path}/a shop' .venv/bin/python manage.py"


def test_where_nothing_ever_ran_nothing_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("FORAGE_DATA", str(tmp_path / "never"))
    assert discovery.runtime_environment() == {}


@pytest.mark.parametrize("name", ["runtime.json", "secrets/secret_key"])
def test_secrets_are_readable_by_their_owner_alone(tmp_path, name):
    write_runtime(tmp_path, runtime_values(tmp_path, {}))
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_secrets_are_made_once_and_differ(tmp_path):
    assert credentials.secret(tmp_path, "a") == credentials.secret(tmp_path, "a")
    assert credentials.secret(tmp_path, "a") != credentials.secret(tmp_path, "b")
    assert credentials.merchant_passphrase(tmp_path) == credentials.merchant_passphrase(tmp_path)


def test_runtime_file_is_json(tmp_path):
    write_runtime(tmp_path, {"A": "1"})
    assert json.loads((tmp_path / "runtime.json").read_text()) == {"A": "1"}


def test_what_runs_here_knows_whether_its_database_does(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    embedded = runtime_values(tmp_path, {"DATABASE_URL": "postgres://here"})
    assert child_environment(tmp_path, embedded, url="")["FORAGE_DATABASE_IS_HERE"] == "1"
    assert child_environment(tmp_path, runtime_values(tmp_path, {}), url="")["FORAGE_DATABASE_IS_HERE"] == "0"
