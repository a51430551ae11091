"""Passwords and links cannot be guessed: an address runs out of tries; who does not fail is never refused."""

import pytest
from django.urls import reverse

from dashboard.accounts import login_throttle, team
from dashboard.core import ids, rates

pytestmark = pytest.mark.django_db
PASSWORD, WRONG = "a long passphrase", "wrong"
ANN, BOB = "203.0.113.5", "198.51.100.7"


@pytest.fixture(autouse=True)
def _few_tries(monkeypatch):
    """Three tries suffice to see the fourth refused."""
    for name in ("SIGN_IN", "UNKNOWN_LINKS", "ONE_LINK"):
        monkeypatch.setattr(login_throttle, name, login_throttle.Throttle(f"test:{ids.secret_token()}", 3))


@pytest.fixture
def invited(shop, owner):
    return team.invite_member(shop=shop, email="ann@example.com", role="editor", actor=owner).token


def link(token):
    return reverse("accounts:invitation", args=[token])


def sign_in(client, email, password=WRONG, address=ANN, way="accounts:sign-in", **headers):
    return client.post(
        reverse(way), {"username": email, "password": password}, REMOTE_ADDR=address, headers=headers
    ).status_code


@pytest.mark.parametrize("way", ["accounts:sign-in", "admin:login"])
def test_an_address_tries_few_passwords_however_many_accounts_it_tries(client, owner, way):
    assert [sign_in(client, f"{name}@example.com", way=way) for name in "abcd"] == [200, 200, 200, 429]
    assert sign_in(client, owner.email, PASSWORD, way=way) == 429
    assert sign_in(client, "e@example.com", address=BOB, way=way) == 200


def test_who_signs_in_uses_no_try_up(client, owner):
    for _ in range(5):
        assert sign_in(client, owner.email, PASSWORD) == 302
        client.logout()
    assert [sign_in(client, f"{name}@example.com") for name in "abcd"] == [200, 200, 200, 429]


def test_an_address_tries_few_links_and_then_none_at_all(client, invited):
    answers = [client.get(link(f"guess-{number}"), REMOTE_ADDR=ANN) for number in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= login_throttle.TRIES_SECONDS / 3
    assert client.get(link(invited), REMOTE_ADDR=ANN).status_code == 429
    assert client.get(link(invited), REMOTE_ADDR=BOB).status_code == 200


def test_who_has_a_link_may_look_as_often_as_they_like(client, invited):
    assert {client.get(link(invited)).status_code for _ in range(8)} == {200}


def test_a_link_takes_few_forms_from_wherever_they_come(client, invited):
    weak = {"name": "Ann", "password": "short"}
    answers = [client.post(link(invited), weak, REMOTE_ADDR=f"203.0.113.{number}") for number in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert answers[-1]["Referrer-Policy"] == "strict-origin"


def test_behind_a_proxy_the_address_is_the_one_that_it_saw(client, settings):
    settings.TRUSTED_PROXY_COUNT = 1
    tried = [sign_in(client, f"{name}@example.com", address="10.0.0.9", x_forwarded_for=ANN) for name in "abcd"]
    assert tried == [200, 200, 200, 429]
    assert sign_in(client, "e@example.com", address="10.0.0.9", x_forwarded_for=f"{ANN}, {BOB}") == 200


def test_behind_a_proxy_a_stranger_locks_nobody_else_out_of_an_account(client, settings, owner, monkeypatch):
    monkeypatch.setattr(login_throttle, "SIGN_IN", login_throttle.Throttle(f"test:{ids.secret_token()}", 100))
    settings.TRUSTED_PROXY_COUNT = 1
    tried = [sign_in(client, owner.email, address="10.0.0.9", x_forwarded_for=ANN) for _ in range(9)]
    assert tried[-1] == 429
    assert sign_in(client, owner.email, PASSWORD, address="10.0.0.9", x_forwarded_for=BOB) == 302


def test_without_the_broker_the_doors_stay_open(client, settings, owner):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert {sign_in(client, f"{name}@example.com") for name in "abcde"} == {200}
    assert rates.take("any", most=1, seconds=1).tokens == 1
