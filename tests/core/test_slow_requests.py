"""Requests that took long, for whoever runs the installation."""

import pytest
from django.urls import reverse

from dashboard.core import observing, slow_requests, valkey


@pytest.fixture(autouse=True)
def none_yet():
    valkey.ask(lambda client: client.delete(slow_requests.KEY), None)


def test_the_latest_come_first_and_a_hundred_are_kept():
    for number in range(slow_requests.KEPT + 5):
        slow_requests.note(method="GET", route=f"r{number}", status=200, seconds=1.5)
    found = slow_requests.latest(limit=1_000)
    assert len(found) == slow_requests.KEPT
    assert (found[0].route, found[-1].route) == ("r104", "r5")
    assert found[0].seconds == 1.5


def test_a_request_that_took_long_is_noted_by_its_route_and_a_fast_one_is_not(client, shop, owner, monkeypatch):
    client.force_login(owner)
    client.get(reverse("audiences:index", args=[shop.slug]))
    assert slow_requests.latest() == []
    monkeypatch.setattr(observing, "SLOW_SECONDS", 0.0)
    client.get(reverse("overview:search", args=[shop.slug]), {"q": "ada"})
    (found,) = slow_requests.latest()
    assert (found.method, found.route, found.status) == ("GET", "shops/<slug:shop_slug>/search/", 200)
