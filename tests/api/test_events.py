"""`POST /events`: who may send, in which form, within which limits."""

import gzip
import json

import pytest

from dashboard.accounts import services
from dashboard.core import clock
from dashboard.events.models import BotVisitor, Interaction
from tests.api.conftest import ApiClient, event

pytestmark = pytest.mark.django_db
MIB = 1024 * 1024


def test_events_are_taken_with_202_and_counted(secret):
    response = secret.post("/events", {"events": [event("a"), event("b"), event("a"), event("c", type="dance")]})
    assert response.status_code == 202
    answer = response.json()
    assert (answer["accepted"], answer["duplicates"]) == (2, 1)
    assert answer["rejected"] == [{"index": 3, "code": "unknown_type", "message": "type “dance” is not known here."}]


def test_a_beacon_sends_text_with_the_publishable_key_in_the_address(client, publishable):
    body = json.dumps({"events": [event()]})
    headers = {"Origin": "https://shop.example"}
    path = f"/api/v1/events?key={publishable.key}"
    response = client.post(path, body, content_type="text/plain;charset=UTF-8", headers=headers)
    assert response.status_code == 202
    assert response["Access-Control-Allow-Origin"] == "https://shop.example"
    assert Interaction.objects.count() == 1


def test_a_secret_key_in_the_address_opens_nothing(client, secret):
    response = client.post(f"/api/v1/events?key={secret.key}", "{}", content_type="text/plain")
    assert response.status_code == 401


def test_a_publishable_key_is_refused_from_a_foreign_origin(publishable):
    response = publishable.post("/events", {"events": [event()]}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response
    assert Interaction.objects.count() == 0


def test_a_crawler_with_the_publishable_key_is_marked_and_a_backend_never(publishable, secret):
    crawler = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    publishable.post("/events", {"events": [event(event_id="a", visitor_id="crawler")]}, headers=crawler)
    secret.post("/events", {"events": [event(event_id="b", visitor_id="shopper")]}, headers=crawler)
    assert Interaction.objects.count() == 2
    assert BotVisitor.objects.get().visitor_id == "crawler"


def test_the_catalog_is_closed_to_other_origins(client):
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in client.options("/api/v1/items", headers=headers)


@pytest.mark.parametrize("authorization", [None, "Bearer pk_nobody", "Bearer ", "Basic abc", "Bearer ÿ"])
def test_without_a_live_key_nothing_is_taken(client, shop, authorization):
    headers = {"Authorization": authorization} if authorization else {}
    response = client.post("/api/v1/events", "{}", content_type="application/json", headers=headers)
    assert response.status_code == 401
    assert set(response.json()["error"]) == {"code", "message"}


def test_a_revoked_key_opens_nothing(client, shop):
    key = services.issue_key(shop=shop, kind="sk")
    services.revoke_key(key=key.record)
    assert ApiClient(client, key.plain).post("/events", {"events": []}).status_code == 401


def test_an_expired_key_is_told_when_it_expired(client, shop):
    key = services.issue_key(shop=shop, kind="sk", expires_at=clock.now())
    response = ApiClient(client, key.plain).post("/events", {"events": [event()]})
    assert response.status_code == 401
    assert f"expired on {key.record.expires_at:%Y-%m-%d}" in response.json()["error"]["message"]


def test_gzip_is_unpacked(secret):
    packed = gzip.compress(json.dumps({"events": [event()]}).encode())
    assert secret.post("/events", packed, headers={"Content-Encoding": "gzip"}).json()["accepted"] == 1


def test_a_gzip_bomb_is_refused_without_being_unpacked(secret):
    bomb = gzip.compress(b" " * (200 * MIB))
    assert len(bomb) < MIB
    response = secret.post("/events", bomb, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 413
    assert "1 MiB" in response.json()["error"]["message"]


@pytest.mark.parametrize("raw", [b"not gzip", gzip.compress(b'{"events": []}', mtime=0)[:-4]])
def test_broken_gzip_is_the_senders_mistake(secret, raw):
    assert secret.post("/events", raw, headers={"Content-Encoding": "gzip"}).status_code == 400


def test_more_than_a_mebibyte_is_refused_and_the_limit_is_named(secret):
    response = secret.post("/events", b" " * (MIB + 1))
    assert response.status_code == 413
    assert "1 MiB" in response.json()["error"]["message"]


def test_more_than_500_events_are_refused_and_the_limit_is_named(secret):
    response = secret.post("/events", {"events": [event(str(number)) for number in range(501)]})
    assert response.status_code == 413
    assert "500" in response.json()["error"]["message"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"events": [], "more": 1}', b"\xff\xfe", b"[" * 200_000, b"null"])
def test_a_body_of_another_form_is_a_400_in_our_form(secret, raw):
    response = secret.post("/events", raw)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid"


def test_another_media_type_is_a_415(secret):
    assert secret.post("/events", b"<events/>", content_type="application/xml").status_code == 415


def test_only_a_secret_key_may_mark_events_as_simulated(secret, publishable):
    marked = {"X-Forage-Simulated": "1"}
    assert publishable.post("/events", {"events": [event()]}, headers=marked).status_code == 403
    assert secret.post("/events", {"events": [event()]}, headers=marked).status_code == 202
    assert Interaction.objects.get().simulated


def test_an_unknown_address_below_the_api_answers_in_json(client):
    response = client.get("/api/v1/nothing/here")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_a_method_that_an_address_does_not_know_answers_in_json(secret):
    response = secret.delete("/events")
    assert response.status_code == 405
    assert response.json()["error"]["code"] == "method_not_allowed"
