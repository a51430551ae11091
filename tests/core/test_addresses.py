"""Whose address a request comes from: that of the connection, or what the trusted proxies in front wrote down."""

import pytest
from django.test import RequestFactory

from dashboard.core.addresses import client_address, client_network

PROXY, ANN, BOB = "10.0.0.9", "203.0.113.5", "198.51.100.7"


def request(forwarded=None, connected=PROXY):
    return RequestFactory().get("/", REMOTE_ADDR=connected, headers={"X-Forwarded-For": forwarded} if forwarded else {})


def test_without_trusted_proxies_what_a_stranger_claims_is_not_believed(settings):
    settings.TRUSTED_PROXY_COUNT = 0
    assert client_address(request(ANN, connected=BOB)) == BOB


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, ANN, ANN),
        (1, f"{BOB}, {ANN}", ANN),  # Bob was claimed by Ann, who was seen by the proxy
        (2, f"{BOB}, {ANN}, 10.0.0.8", ANN),
        (2, ANN, PROXY),  # came past one of the proxies: nothing is believed
        (1, None, PROXY),
        (1, "", PROXY),
        (1, "unknown", PROXY),
        (1, f"{ANN}:51234", ANN),
        (1, "[2001:db8:7::1]:443", "2001:db8:7::1"),
        (1, "::ffff:203.0.113.5", ANN),
    ],
)
def test_behind_proxies_the_address_is_the_one_that_the_outermost_saw(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXY_COUNT = proxies
    assert client_address(request(forwarded)) == address


def test_a_connection_without_an_address_has_none(settings):
    settings.TRUSTED_PROXY_COUNT = 0
    assert client_address(request(connected="")) is None
    assert client_network(request(connected="")) == "unknown"


def test_all_addresses_that_one_household_has_in_the_new_protocol_count_as_one():
    assert client_network(request(connected="2001:db8:7:1::1")) == client_network(request(connected="2001:db8:7:1::2"))
    assert client_network(request(connected="2001:db8:7:2::1")) != client_network(request(connected="2001:db8:7:1::1"))
    assert client_network(request(connected=ANN)) == ANN
