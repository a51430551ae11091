"""A browser asks before it sends a key of another origin: only origins that some live key allows are let through."""

import pytest
from django.db import OperationalError

from dashboard.accounts import services
from dashboard.accounts.models import ApiKey
from dashboard.core import clock

pytestmark = pytest.mark.django_db
SHOP, BLOG = "https://shop.example", "https://blog.example"


@pytest.fixture(autouse=True)
def only_these_keys(shop, other_shop):
    ApiKey.objects.all().delete()


def issue(shop, *origins, kind="pk", **given):
    return services.issue_key(shop=shop, kind=kind, allowed_origins=list(origins), **given).record


def preflight(client, origin, path="/api/v1/events"):
    return client.options(path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})


def is_let_through(client, origin):
    return preflight(client, origin).get("Access-Control-Allow-Origin") == origin


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/recommendations"])
def test_an_origin_of_any_shops_key_is_let_through_without_a_key(client, shop, other_shop, path):
    issue(shop, SHOP)
    issue(other_shop, BLOG)
    for origin in (SHOP, BLOG):
        response = preflight(client, origin, path)
        assert (response.status_code, response["Access-Control-Allow-Origin"]) == (204, origin)
        assert "authorization" in response["Access-Control-Allow-Headers"]
        assert response["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example.evil", "http://shop.example", "null"])
def test_an_origin_that_no_key_allows_learns_nothing(client, shop, origin):
    issue(shop, SHOP)
    response = preflight(client, origin)
    assert response.status_code == 204
    assert response["Vary"] == "Origin"
    assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_a_key_without_origins_allows_all(client, shop):
    issue(shop)
    assert is_let_through(client, "https://anywhere.example")


def test_a_secret_key_allows_no_origin(client, shop):
    issue(shop, kind="sk")
    assert not is_let_through(client, SHOP)


def test_a_key_that_is_over_allows_no_origin(client, shop):
    issue(shop, SHOP, expires_at=clock.now())
    revoked = issue(shop, SHOP)
    assert is_let_through(client, SHOP)
    services.revoke_key(key=revoked)
    assert not is_let_through(client, SHOP)


def test_a_database_that_is_down_is_told_to_be_asked_again(client, monkeypatch):
    def down(origin):
        raise OperationalError

    monkeypatch.setattr("dashboard.api.cors.is_origin_allowed", down)
    response = preflight(client, SHOP)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
