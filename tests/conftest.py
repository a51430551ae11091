"""The fixed cast: Holly owns “holly-and-hearth”, Ed edits there, Vera views there; Otto owns another shop, “other”."""

import os
import uuid

import pytest
from hypothesis import settings as hypothesis_settings

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("DEBUG", "1")
hypothesis_settings.register_profile("forage", deadline=None)  # a busy machine is no fault of an example
hypothesis_settings.load_profile("forage")


@pytest.fixture(scope="session", autouse=True)
def compiled_translations():
    """The binary catalogs are not in git; tests in Chinese need them."""
    from django.conf import settings

    from dashboard.core.i18n.catalogs import LANGUAGES, compile_catalog

    for language in LANGUAGES:
        compile_catalog(settings.BASE_DIR, language)


@pytest.fixture(autouse=True, scope="session")
def _tests_arrange_as_operators():
    """Tests lay out and look at any shop; requests and tasks begin with nobody's rows all the same."""
    from dashboard.core.tenancy import operator_scope

    with operator_scope("tests arrange and look"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords():
    """Most tests have members, few are about passwords: tests/accounts/test_sign_in.py looks at those as shipped."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["tests.passwords.CheapArgon2"]):
        yield


@pytest.fixture(autouse=True, scope="session")
def _emptied_quickly():
    """After tests that commit. Tests that roll back, as most do, are not concerned."""
    from django.test import TransactionTestCase

    from tests.emptying import empty_database

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_database())
        yield


@pytest.fixture(autouse=True, scope="session")
def _own_cache_names():
    """Shop ids start from 1 in every run's database; what another run left in the cache must not be found."""
    from django.conf import settings

    settings.CACHES["default"]["KEY_PREFIX"] = f"test-{uuid.uuid4().hex}"


@pytest.fixture
def connection_kept(monkeypatch):
    """Requests to the bare WSGI application share the test's transaction, as those of Django's own client do. Holds how
    often the fast path would have looked after the connections."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    looked_after = []
    monkeypatch.setattr("dashboard.api.fast_path.close_old_connections", lambda: looked_after.append(1))
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield looked_after
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _own_language():
    """A request for a page in Chinese leaves that language to its thread, and so to whatever test comes next."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(autouse=True)
def _own_buckets(monkeypatch):
    """What other tests tried from this address is not counted."""
    from dashboard.core import rates

    monkeypatch.setattr(rates, "_PREFIX", f"test:{uuid.uuid4().hex}:")


@pytest.fixture(scope="session")
def chromium():
    """The browser. A missing one is a failure where CI says so, otherwise a skip that says how to get it."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import CHROMIUM_ARGUMENTS, chromium_path

    path = chromium_path()
    if path is None:
        message = "Chromium is missing: install it (Debian: apt-get install chromium) or set CHROMIUM to its path."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    # Playwright's sync API runs an event loop in this thread; Django would take our ORM calls for async ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@pytest.fixture
def shop(db):
    from dashboard.accounts import services

    return services.create_shop(slug="holly-and-hearth", name="Holly & Hearth", timezone="Europe/London")[0]


@pytest.fixture
def other_shop(db):
    from dashboard.accounts import services

    return services.create_shop(slug="other", name="Other", timezone="Asia/Shanghai", currency="CNY")[0]


def _member(shop, email, role, name):
    from dashboard.accounts import services

    return services.add_member(shop=shop, email=email, role=role, name=name, password="a long passphrase").user


@pytest.fixture
def owner(shop):
    return _member(shop, "holly@example.com", "owner", "Holly")


@pytest.fixture
def editor(shop):
    return _member(shop, "ed@example.com", "editor", "Ed")


@pytest.fixture
def viewer(shop):
    return _member(shop, "vera@example.com", "viewer", "Vera")


@pytest.fixture
def outsider(other_shop):
    return _member(other_shop, "otto@example.com", "owner", "Otto")
