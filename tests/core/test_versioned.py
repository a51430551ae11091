"""A value is loaded once, and anew once somebody has changed it."""

import itertools

import pytest
from django.core.cache import cache

from dashboard.core import versioned
from dashboard.core.versioned import Versioned

pytestmark = pytest.mark.django_db
_names = itertools.count()


@pytest.fixture
def name():
    return f"test-{next(_names)}"


def test_the_process_that_changes_a_value_sees_the_change_at_once(name):
    values = Versioned(name)
    assert values.get(1, "a", lambda: "old") == "old"
    assert values.get(1, "a", lambda: "new") == "old"
    values.invalidate(1)
    assert values.get(1, "a", lambda: "new") == "new"


def test_another_process_sees_the_change_when_it_asks_again(name, monkeypatch):
    here, elsewhere = Versioned(name), Versioned(name)
    assert elsewhere.get(1, "a", lambda: "old") == "old"
    here.invalidate(1)
    monkeypatch.setattr(versioned, "FRESH_SECONDS", 0.0)
    assert elsewhere.get(1, "a", lambda: "new") == "new"


def test_the_cache_is_asked_once_a_second_at_most(name, monkeypatch):
    values = Versioned(name)
    values.get(1, "a", lambda: "old")
    monkeypatch.setattr(type(cache), "get", lambda *args, **kwargs: pytest.fail("asked"), raising=False)
    assert values.get(1, "a", lambda: "new") == "old"


def test_a_change_leaves_other_scopes_alone(name):
    values = Versioned(name)
    values.get(1, "a", lambda: "old")
    values.get(2, "a", lambda: "old")
    values.invalidate(1)
    assert values.get(2, "a", lambda: "new") == "old"
