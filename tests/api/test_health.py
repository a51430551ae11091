"""What load balancers and monitors ask, without a key."""

import re

import pytest

from dashboard.core import metrics, valkey
from dashboard.training.models import Run
from tests.serving.conftest import catalog

__all__ = ["catalog"]


def test_alive_asks_nothing_of_the_database(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_says_what_answers(client):
    assert client.get("/readyz").json() == {"status": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_without_the_broker_forage_is_still_ready_and_takes_events(client, secret, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert client.get("/readyz").json()["broker"] == "does not answer"
    event = {"event_id": "e", "type": "view_item", "visitor_id": "v", "item_id": "mug"}
    assert secret.post("/events", {"events": [event, {}]}).status_code == 202


LINE = re.compile(r'(?P<name>[a-z_]+)(?P<labels>\{([a-z_]+="([^"\\\\]|\\\\.)*",?)+\})? (?P<value>[0-9.e+-]+)')


def read_metrics(client, **options):
    """{series: value} of /metrics; fails at a line that Prometheus would not take."""
    found = {}
    for line in client.get("/metrics", **options).content.decode().splitlines():
        if not line.startswith("#"):
            matched = LINE.fullmatch(line)
            assert matched, line
            found[matched["name"] + (matched["labels"] or "")] = float(matched["value"])
    return found


@pytest.fixture
def grown(client):
    """`grown(work) -> {series: by how much it grew}`."""

    def measure(work):
        before = read_metrics(client)
        work()
        after = read_metrics(client)
        return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}

    return measure


@pytest.mark.django_db
def test_metrics_count_verdicts_of_events(secret, grown):
    event = {"event_id": "e", "type": "view_item", "visitor_id": "v", "item_id": "mug"}
    found = grown(lambda: secret.post("/events", {"events": [event, event, {}]}))
    verdicts = {
        name: found[f'forage_events_total{{verdict="{name}"}}'] for name in ("accepted", "duplicates", "rejected")
    }
    assert verdicts == {"accepted": 1, "duplicates": 1, "rejected": 1}


@pytest.mark.django_db
def test_metrics_count_requests_by_route_and_status_with_their_durations(secret, grown):
    def work():
        secret.get("/visitors/visitor-1")
        secret.get("/visitors/visitor-2")
        secret.get("/segments")

    found = grown(work)
    route = 'method="GET",route="api/v1/visitors/<path:visitor_id>"'
    assert found[f'forage_requests_total{{{route},status="404"}}'] == 2
    assert found['forage_requests_total{method="GET",route="api/v1/segments",status="200"}'] == 1
    assert found[f'forage_request_duration_seconds_bucket{{{route},le="+Inf"}}'] == 2
    assert found[f"forage_request_duration_seconds_count{{{route}}}"] == 2
    assert 0 < found[f"forage_request_duration_seconds_sum{{{route}}}"] < 10
    assert not any("visitor-" in series for series in found)


@pytest.mark.django_db
def test_metrics_count_slates_by_the_rung_that_answered(secret, catalog, grown):
    found = grown(lambda: secret.post("/recommendations", {"placement": "home"}))
    assert found['forage_slates_total{fallback="newest"}'] == 1


@pytest.mark.django_db
def test_metrics_tell_of_runs_and_of_tasks_that_wait(client, shop):
    Run.objects.create(shop=shop, state=Run.State.FAILED)
    found = read_metrics(client)
    assert found['forage_runs{state="failed"}'] == 1
    assert found['forage_runs{state="running"}'] == 0
    assert {f'forage_queue_tasks{{queue="{name}"}}' for name in ("default", "train")} <= set(found)


@pytest.mark.django_db
def test_counts_wait_while_the_broker_is_away(settings):
    metrics.flush()
    url, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    series = 'forage_slates_total{fallback="test"}'
    metrics.count("forage_slates_total", fallback="test")
    assert metrics.totals() == {}
    settings.REDIS_URL = url
    before = float(valkey.ask(lambda client: client.hget(metrics.KEY, series), None) or 0)
    assert metrics.totals()[series] == before + 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "asked", "status"),
    [
        ("", {"REMOTE_ADDR": "127.0.0.1"}, 200),
        ("", {"REMOTE_ADDR": "203.0.113.9"}, 403),
        ("", {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 403),
        ("", {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer "}, 200),
        ("monitor-token", {"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer monitor-token"}, 200),
        ("monitor-token", {"REMOTE_ADDR": "127.0.0.1"}, 403),
        ("monitor-token", {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer other"}, 403),
        ("monitor-token", {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer öther"}, 403),
    ],
)
def test_metrics_are_for_this_machine_or_for_who_has_the_token(client, settings, token, asked, status):
    settings.METRICS_TOKEN = token
    response = client.get("/metrics", **asked)
    assert response.status_code == status
    assert (b"forage_events_total" in response.content) == (status == 200)
