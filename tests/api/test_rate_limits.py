"""How many requests a minute a key may send."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.urls import reverse

from dashboard.accounts import services
from dashboard.accounts.models import ApiKey, AuditEntry
from dashboard.api import throttling
from dashboard.core import rates, valkey
from tests.api.conftest import ApiClient, event

pytestmark = pytest.mark.django_db
ORIGIN = "https://shop.example"


@pytest.fixture(autouse=True)
def no_leases():
    throttling._leases.clear()


@pytest.fixture
def limited(client, shop):
    def caller(limit, kind="sk"):
        key = services.issue_key(shop=shop, kind=kind, requests_per_minute=limit, allowed_origins=[ORIGIN])
        return ApiClient(client, key.plain)

    return caller


def statuses(caller, times=3, **options):
    return [caller.post("/events", {"events": []}, **options).status_code for _ in range(times)]


def test_what_is_beyond_the_limit_is_refused_with_the_time_to_wait(limited):
    caller = limited(2)
    assert statuses(caller, 2) == [202, 202]
    refused = caller.post("/events", {"events": [event()]})
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 30
    assert refused.json()["error"]["code"] == "throttled"
    assert "2 requests a minute" in refused.json()["error"]["message"]


def test_every_route_counts(limited):
    caller = limited(2)
    assert [caller.get("/items").status_code for _ in range(3)] == [200, 200, 429]
    assert statuses(caller, 1) == [429]


def test_another_key_of_the_shop_goes_on(limited):
    assert statuses(limited(1), 2) == [202, 429]
    assert statuses(limited(1), 2) == [202, 429]


def test_a_browser_may_read_how_long_to_wait(limited):
    caller = limited(1, kind="pk")
    statuses(caller, 1, headers={"Origin": ORIGIN})
    refused = caller.post("/events", {"events": []}, headers={"Origin": ORIGIN})
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (429, ORIGIN)
    assert "Retry-After" in refused["Access-Control-Expose-Headers"]


def test_a_raised_limit_counts_at_once(limited, owner):
    caller = limited(1)
    assert statuses(caller, 2) == [202, 429]
    services.limit_key(key=ApiKey.objects.get(requests_per_minute=1), requests_per_minute=1000, actor=owner)
    assert statuses(caller) == [202, 202, 202]


def test_no_key_exceeds_what_the_operator_allows(limited, settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    assert statuses(limited(100), 2) == [202, 429]


def test_an_operator_without_a_limit_leaves_the_shops_own(shop, settings):
    settings.API_REQUESTS_PER_MINUTE = 0
    assert ApiKey(shop=shop, kind="sk").request_limit is None
    assert ApiKey(shop=shop, kind="sk", requests_per_minute=7).request_limit == 7


def test_each_kind_has_a_default(shop):
    assert ApiKey(shop=shop, kind="pk").request_limit == 60_000
    assert ApiKey(shop=shop, kind="sk").request_limit == 120_000


def test_a_high_limit_is_counted_many_requests_at_a_time(limited, monkeypatch):
    caller = limited(10_000)
    assert statuses(caller, 1) == [202]
    monkeypatch.setattr(valkey, "ask", lambda *_: pytest.fail("the broker was asked"))
    assert statuses(caller, 9) == [202] * 9


def test_threads_that_find_nothing_left_at_once_ask_the_broker_once(shop, monkeypatch):
    """Otherwise what the first one took is lost when the second one writes down what it took."""
    key = services.issue_key(shop=shop, kind="sk", requests_per_minute=10_000).record
    take, together, taken = rates.take, threading.Barrier(2), []

    def take_with_the_other(*args, **options):
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(timeout=0.5)  # the other one does not come
        taken.append(take(*args, **options).tokens)
        return rates.Taken(taken[-1])

    monkeypatch.setattr(rates, "take", take_with_the_other)
    with ThreadPoolExecutor(2) as pool:
        allow = throttling.KeyThrottle().allow_request
        assert list(pool.map(allow, [SimpleNamespace(auth=key, META={})] * 2, [None] * 2)) == [True, True]
    (lease,) = throttling._leases.values()
    assert sum(taken) - lease.left == 2


def test_a_key_that_is_over_its_limit_does_not_ask_the_broker_again(limited, monkeypatch):
    caller = limited(1)
    assert statuses(caller, 2) == [202, 429]
    monkeypatch.setattr(valkey, "ask", lambda *_: pytest.fail("the broker was asked"))
    assert statuses(caller) == [429] * 3


def test_without_the_broker_nobody_is_refused(limited, settings):
    caller = limited(1)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert statuses(caller) == [202] * 3


def test_a_successor_has_the_limit_of_the_old_key(shop):
    old = services.issue_key(shop=shop, kind="sk", requests_per_minute=9)
    assert services.rotate_key(key=old.record).record.requests_per_minute == 9


def limit_on_page(client, shop, key, limit):
    return client.post(reverse("settings:limit-key", args=[shop.slug, key.pk]), {"limit": limit})


def test_an_owner_sets_and_lifts_a_limit_on_the_page(client, shop, owner):
    client.force_login(owner)
    key = services.issue_key(shop=shop, kind="sk").record
    assert limit_on_page(client, shop, key, "600").status_code == 302
    assert "600 requests a minute" in client.get(reverse("settings:index", args=[shop.slug])).content.decode()
    limit_on_page(client, shop, key, "")
    key.refresh_from_db()
    assert key.requests_per_minute is None
    entries = AuditEntry.objects.filter(shop=shop, action="key.limited").order_by("pk")
    assert [entry.detail["changes"] for entry in entries] == [
        {"requests_per_minute": [None, 600]},
        {"requests_per_minute": [600, None]},
    ]


@pytest.mark.parametrize("limit", ["0", "-1", "many", "10000001"])
def test_what_is_no_limit_is_refused(client, shop, owner, limit):
    client.force_login(owner)
    key = services.issue_key(shop=shop, kind="sk", requests_per_minute=5).record
    assert limit_on_page(client, shop, key, limit).status_code == 400
    key.refresh_from_db()
    assert key.requests_per_minute == 5


def test_an_editor_limits_nothing_and_nobody_anothers_key(client, shop, other_shop, owner, editor):
    ours, theirs = (services.issue_key(shop=each, kind="sk").record for each in (shop, other_shop))
    client.force_login(editor)
    assert limit_on_page(client, shop, ours, "1").status_code == 403
    client.force_login(owner)
    assert limit_on_page(client, shop, theirs, "1").status_code == 404
    assert not ApiKey.objects.filter(requests_per_minute=1).exists()


def test_a_key_is_made_with_a_limit_on_the_page(client, shop, owner):
    client.force_login(owner)
    response = client.post(reverse("settings:issue-key", args=[shop.slug]), {"kind": "sk", "limit": "30"})
    assert response.context["new_key"].record.requests_per_minute == 30
