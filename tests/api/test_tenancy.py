"""No key reaches another shop's things: every route, every method, and no row of theirs changes."""

import pytest

from dashboard.accounts.services import issue_key
from dashboard.api.urls import urlpatterns
from dashboard.catalog.services import upsert_items
from tests.api.conftest import ApiClient
from tests.api.routes import OPEN, PROBES
from tests.their_things import rows_of, their_things

pytestmark = pytest.mark.django_db


def routes():
    """(route name, method) of every address of the API."""
    for pattern in urlpatterns:
        view = getattr(pattern.callback, "cls", None)
        if pattern.name not in OPEN:
            for method in ("get", "post", "put", "patch", "delete"):
                if hasattr(view, method):
                    yield pattern.name, method.upper()


@pytest.fixture
def victim(other_shop):
    return their_things(other_shop)


def test_every_route_has_its_probe():
    missing = sorted(set(routes()) - set(PROBES))
    assert not missing, f"add these to tests/api/routes.py: {missing}"


def test_the_rows_of_a_shop_are_really_watched(victim, other_shop):
    rows = rows_of(other_shop)
    assert rows["catalog_item"]
    assert rows["events_exposure"]
    before = rows_of(other_shop)
    upsert_items(shop=other_shop, raw_items=[{"item_id": "their-mug", "title": "Changed"}])
    assert rows_of(other_shop) != before


@pytest.mark.parametrize(("name", "method"), sorted(PROBES), ids=lambda value: str(value))
def test_another_shops_things_are_out_of_reach(client, shop, other_shop, victim, name, method):
    intruder = ApiClient(client, issue_key(shop=shop, kind="sk").plain)
    probe = PROBES[(name, method)]
    before = rows_of(other_shop)
    response = intruder.request(method, probe.path.format(**victim), probe.body(victim) if probe.body else None)
    assert response.status_code in probe.statuses
    assert rows_of(other_shop) == before
    if method == "GET":
        asked = victim["slug"].encode()  # which a 404 may repeat
        shown = response.getvalue().replace(asked, b"")
        assert b"their-" not in shown
        assert b"Their mug" not in shown


@pytest.mark.parametrize(("name", "method"), sorted(PROBES), ids=lambda value: str(value))
def test_without_a_key_no_route_answers(client, victim, name, method):
    probe = PROBES[(name, method)]
    path = f"/api/v1{probe.path.format(**victim)}"
    response = client.generic(method, path, b"{}", content_type="application/json")
    assert response.status_code == 401
