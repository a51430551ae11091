"""What load balancers and monitors ask, without a key."""

import pytest

from dashboard.core import valkey


def test_alive_asks_nothing_of_the_database(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_says_what_answers(client):
    assert client.get("/readyz").json() == {"status": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_without_the_broker_forage_is_still_ready_and_takes_events(client, secret, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    valkey._client.cache_clear()
    try:
        assert client.get("/readyz").json()["broker"] == "does not answer"
        event = {"event_id": "e", "type": "view_item", "visitor_id": "v", "item_id": "mug"}
        assert secret.post("/events", {"events": [event, {}]}).status_code == 202
    finally:
        valkey._client.cache_clear()
        valkey._paused_until = 0.0


@pytest.mark.django_db
def test_metrics_count_verdicts(client, secret):
    def accepted():
        lines = client.get("/metrics").content.decode().splitlines()
        found = [line for line in lines if line.startswith('forage_events_total{verdict="accepted"}')]
        return int(found[0].split()[-1]) if found else 0

    before = accepted()
    secret.post("/events", {"events": [{"event_id": "e", "type": "view_item", "visitor_id": "v", "item_id": "mug"}]})
    assert accepted() == before + 1
