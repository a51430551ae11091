"""The short way of the two hot routes: the same manners, fewer steps."""

import pytest

from dashboard.accounts import selectors
from dashboard.accounts.services import change_shop, issue_key, revoke_key
from tests.api.conftest import ApiClient
from tests.serving.conftest import add_catalog, set_policy

HOME = {"placement": "home"}


@pytest.fixture(autouse=True)
def catalog(shop):
    add_catalog(shop)


def test_an_answer_may_not_be_framed_nor_run_anything(secret):
    for answer in (secret.post("/recommendations", HOME), secret.post("/recommendations", {})):
        assert answer["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_it_speaks_the_language_that_is_asked_for_and_then_english_again(secret, shop):
    set_policy(shop, exploration=0.0)
    wish = {**HOME, "n": 1, "explain": True}
    chinese = secret.post("/recommendations", wish, headers={"Accept-Language": "zh-Hans"}).json()
    english = secret.post("/recommendations", wish).json()
    assert not chinese["items"][0]["explanation"].isascii()
    assert english["items"][0]["explanation"] == "new in this shop"


def test_a_mistake_of_ours_is_noted_and_answered_in_json(secret, monkeypatch):
    monkeypatch.setattr("dashboard.api.views.recommendations.recommend_together", lambda request: 1 / 0)
    answer = secret.post("/recommendations", HOME)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")


def test_a_key_is_read_once_a_second(secret, django_assert_num_queries):
    assert selectors.live_key(secret.key)
    with django_assert_num_queries(0):
        assert selectors.live_key(secret.key)


def test_a_revoked_key_ends_at_once_in_the_process_that_revoked_it(client, shop):
    new = issue_key(shop=shop, kind="sk")
    caller = ApiClient(client, new.plain)
    assert caller.post("/recommendations", HOME).status_code == 200
    revoke_key(key=new.record)
    assert caller.post("/recommendations", HOME).status_code == 401


def test_a_key_that_expires_between_two_readings_ends_on_time(shop, monkeypatch):
    new = issue_key(shop=shop, kind="sk")
    cached = selectors.live_key(new.plain)
    cached.expires_at = selectors.clock.now()
    assert selectors.live_key(new.plain) is None


def test_a_shop_that_changed_is_seen_changed(secret, shop, owner):
    selectors.live_key(secret.key)
    change_shop(shop=shop, actor=owner, name="Holly & Co", timezone="Europe/London", currency="EUR")
    assert selectors.live_key(secret.key).shop.currency == "EUR"
