"""Clients of the API: `secret` and `publishable` hold keys of the shop, `other_secret` one of the other shop."""

import json

import pytest

from dashboard.accounts import services


class ApiClient:
    """Django's test client with a key and JSON in and out."""

    def __init__(self, client, key):
        self.client, self.key = client, key

    def request(self, method, path, body=None, *, headers=None, content_type="application/json"):
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        return self.client.generic(method, f"/api/v1{path}", raw, content_type=content_type, headers=headers)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.request("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)


@pytest.fixture
def secret(client, shop):
    return ApiClient(client, services.issue_key(shop=shop, kind="sk").plain)


@pytest.fixture
def publishable(client, shop):
    key = services.issue_key(shop=shop, kind="pk", allowed_origins=["https://shop.example"])
    return ApiClient(client, key.plain)


@pytest.fixture
def other_secret(client, other_shop):
    return ApiClient(client, services.issue_key(shop=other_shop, kind="sk").plain)


def event(event_id="e1", **fields):
    return {"event_id": event_id, "type": "view_item", "visitor_id": "v1", "item_id": "mug", **fields}
