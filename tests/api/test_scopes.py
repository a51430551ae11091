"""A key that was narrowed opens the routes of its scopes and no others."""

import pytest

from dashboard.accounts import selectors, services
from dashboard.accounts.models import ApiKey
from dashboard.api.scopes import SCOPE_OF
from dashboard.core import errors
from tests.api.conftest import ApiClient, event
from tests.api.routes import PROBES
from tests.their_things import their_things

pytestmark = pytest.mark.django_db


def caller(client, shop, *scopes, kind="sk"):
    return ApiClient(client, services.issue_key(shop=shop, kind=kind, scopes=list(scopes)).plain)


def test_every_route_has_a_scope_and_every_scope_a_route():
    assert set(SCOPE_OF) == {name for name, _ in PROBES}
    assert set(SCOPE_OF.values()) == set(ApiKey.Scope.values)


def test_every_route_beyond_the_scopes_is_a_403_that_names_it(client, shop, other_shop):
    victim = their_things(other_shop)
    for (name, method), probe in PROBES.items():
        scope = SCOPE_OF[name]
        others = [other for other in ApiKey.Scope.values if other != scope]
        body = probe.body(victim) if probe.body else None
        path = probe.path.format(**victim)
        refused = caller(client, shop, *others).request(method, path, body)
        assert (refused.status_code, f"“{scope}”" in refused.json()["error"]["message"]) == (403, True), (name, method)
        assert caller(client, shop, scope).request(method, path, body).status_code != 403, (name, method)


def test_a_publishable_key_may_be_held_to_events(client, shop):
    narrow = caller(client, shop, "events", kind="pk")
    assert narrow.post("/events", {"events": [event()]}).status_code == 202
    assert narrow.post("/recommendations", {"placement": "home", "visitor_id": "v1"}).status_code == 403


@pytest.mark.parametrize(("kind", "scope"), [("pk", "runs"), ("sk", "everything")])
def test_a_scope_beyond_the_kind_is_refused(shop, kind, scope):
    with pytest.raises(errors.Invalid):
        services.issue_key(shop=shop, kind=kind, scopes=[scope])


def test_a_successor_has_the_scopes_of_the_old_key(shop):
    old = services.issue_key(shop=shop, kind="sk", scopes=["catalog", "exports"])
    assert selectors.live_key(services.rotate_key(key=old.record).plain).scopes == ["catalog", "exports"]


def test_a_key_is_narrowed_on_the_page(client, shop, owner):
    client.force_login(owner)
    given = {"kind": "sk", "scopes": ["catalog", "runs"]}
    page = client.post(f"/shops/{shop.slug}/settings/keys/", given)
    assert page.context["new_key"].record.scopes == ["catalog", "runs"]
    assert "Catalog, Runs" in page.content.decode()


def test_the_document_names_the_scope_of_every_operation(client, db):
    paths = client.get("/api/v1/schema").json()["paths"]
    assert paths["/api/v1/runs/{run_id}"]["get"]["security"] == [{"key": ["runs"]}]
    assert all(scope for path in paths.values() for it in path.values() for scope in it["security"][0]["key"])
