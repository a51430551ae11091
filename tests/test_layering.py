"""What the import linter cannot see: layers that are crossed by a string."""

import ast
import configparser
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[1]
DASHBOARD = sorted((ROOT / "dashboard").rglob("*.py"))
FOUNDATIONS = {"auth", "contenttypes", "sessions", "admin", "axes"}


def _heights():
    """The apps of the layers contract, lowest first."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layers = contracts["importlinter:contract:apps"]["layers"].split()
    return {app: height for height, app in enumerate(reversed(layers))}


def _calls(path, name):
    """Calls of `name(…)` or `x.name(…)` in a file, each with the constant of its first argument."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == name and node.args:
                yield node.lineno, getattr(node.args[0], "value", None)


def test_foreign_keys_follow_the_layering():
    heights = _heights()
    upward = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in heights
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and field.related_model is not None
        and field.related_model._meta.app_label not in FOUNDATIONS
        and heights[field.related_model._meta.app_label] > heights[model._meta.app_label]
    ]
    assert upward == []


def test_models_fetched_by_name_follow_the_layering():
    heights = _heights()
    upward = []
    for path in DASHBOARD:
        app = path.relative_to(ROOT / "dashboard").parts[0]
        if "migrations" in path.parts or app not in heights:
            continue
        for line, label in _calls(path, "get_model"):
            target = str(label).split(".")[0]
            if heights.get(target, len(heights)) > heights[app]:
                upward.append(f"{path.name}:{line} {label}")
    assert upward == []


@pytest.fixture(scope="module")
def task_names():
    from workers.app import app

    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_every_enqueued_task_exists(task_names):
    named = {name for path in DASHBOARD for _, name in _calls(path, "enqueue")}
    assert "training.train" in named
    assert named <= task_names


def test_every_entry_of_the_schedule_names_a_task(task_names):
    from workers.schedule import BEAT_SCHEDULE

    assert {entry["task"] for entry in BEAT_SCHEDULE.values()} <= task_names


def test_every_task_takes_keywords_only_and_tolerates_extra_ones(task_names):
    import inspect

    from workers.app import app

    for name in task_names:
        parameters = inspect.signature(app.tasks[name].run).parameters.values()
        kinds = {parameter.kind for parameter in parameters}
        assert kinds <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}, name
        assert inspect.Parameter.VAR_KEYWORD in kinds, name
