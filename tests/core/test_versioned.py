"""A value is loaded once, and anew once somebody has changed it."""

import contextlib
import itertools

import pytest
from django.core.cache import cache
from django.db import transaction

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


def test_what_was_read_of_a_change_that_is_rolled_back_is_not_kept(name):
    values = Versioned(name)
    with contextlib.suppress(InterruptedError), transaction.atomic():
        values.invalidate(1)
        assert values.get(1, "a", lambda: "never committed") == "never committed"
        raise InterruptedError
    assert values.get(1, "a", lambda: "old") == "old"


def test_a_rolled_back_change_forgets_nothing(name):
    values = Versioned(name)
    values.get(1, "a", lambda: "old")
    with contextlib.suppress(InterruptedError), transaction.atomic():
        values.invalidate(1)
        raise InterruptedError
    assert values.get(1, "a", lambda: pytest.fail("loaded")) == "old"


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_is_loaded_once_and_kept(name):
    values = Versioned(name)
    values.get(1, "a", lambda: "old")
    with transaction.atomic():
        values.invalidate(1)
    assert values.get(1, "a", lambda: "new") == "new"
    assert values.get(1, "a", lambda: pytest.fail("loaded")) == "new"


@pytest.mark.django_db(transaction=True)
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
