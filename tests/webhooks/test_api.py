"""Webhooks by the API: made with a secret that is told once, listed without it, paged and sent again."""

import pytest

from dashboard.accounts.services import issue_key
from dashboard.core import clock
from dashboard.webhooks.models import Delivery, Endpoint
from tests.api.conftest import ApiClient, secret  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(secret, buyers):  # noqa: F811
    return secret.post("/webhooks", {"url": "http://h:s@127.0.0.1:1/hook?t=x", "audiences": [buyers.pk]}).json()


def test_a_webhook_from_its_beginning_to_its_end(secret, made, buyers):  # noqa: F811
    assert made["secret"].startswith("whsec_")
    (listed,) = secret.get("/webhooks").json()["webhooks"]
    assert {key: value for key, value in made.items() if key != "secret"} == listed
    assert (listed["url"], listed["audiences"]) == ("http://127.0.0.1:1/hook", [buyers.pk])
    path = f"/webhooks/{made['id']}"
    assert secret.patch(path, {"paused": True}).json()["paused"] is True
    rotated = secret.post(f"{path}/rotate")
    assert (rotated.status_code, rotated.json()["secret"] != made["secret"]) == (201, True)
    assert secret.post(f"{path}/test").json()["state"] == "waiting"
    assert secret.get(f"{path}/deliveries").json()["deliveries"][0]["changes"] == 0
    assert secret.delete(path).status_code == 204
    assert secret.get(path).status_code == 404


def test_the_log_comes_in_pages_and_is_sent_again(secret, made, shop):  # noqa: F811
    endpoint = Endpoint.objects.get()
    Delivery.objects.bulk_create(
        Delivery(shop=shop, endpoint=endpoint, message_id=f"m{n}", state="delivered", created_at=clock.now())
        for n in range(101)
    )
    path = f"/webhooks/{made['id']}"
    first = secret.get(f"{path}/deliveries").json()
    rest = secret.get(f"{path}/deliveries?before={first['next']}").json()
    assert (len(first["deliveries"]), len(rest["deliveries"]), rest["next"]) == (100, 1, None)
    assert secret.post(f"{path}/replay", {"delivery": rest["deliveries"][0]["id"]}).json() == {"replayed": 1}
    assert secret.post(f"{path}/replay", {"delivery": rest["deliveries"][0]["id"]}).status_code == 409
    assert secret.post(f"{path}/replay", {"since": "2026-01-01T00:00:00Z"}).json() == {"replayed": 100}
    assert secret.post(f"{path}/replay", {}).json() == {"replayed": 0}


@pytest.mark.parametrize(
    "body", [{}, {"url": "https://shop.example"}, {"url": "ftp://x", "audiences": [1]}, {"url": "x", "audiences": [0]}]
)
def test_what_is_no_webhook_is_refused(secret, body):  # noqa: F811
    assert secret.post("/webhooks", body).status_code == 400


def test_a_key_needs_the_scope(client, shop):
    narrow = ApiClient(client, issue_key(shop=shop, kind="sk", scopes=["segments"]).plain)
    assert narrow.get("/webhooks").status_code == 403
