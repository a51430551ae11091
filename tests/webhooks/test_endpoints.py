"""Endpoints are made for addresses that may be reached, for audiences that there are, and tell their secret once."""

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.audiences.services import create_audience
from dashboard.core import errors
from dashboard.webhooks import services
from dashboard.webhooks.models import Endpoint

pytestmark = pytest.mark.django_db


def make(shop, buyers, url="http://127.0.0.1:1/hook"):
    return services.create_endpoint(shop=shop, url=url, audience_ids=[buyers.pk], by=None)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://127.0.0.1/x", "public internet"),
        ("https://169.254.169.254/latest/meta-data/", "public internet"),
        ("http://shop.example/x", "https"),
        ("ftp://shop.example/x", "https"),
        ("https://", "name a host"),
        ("https://shop.example/" + "x" * 2000, "2000"),
    ],
)
def test_our_own_network_is_told_nothing(shop, buyers, settings, url, told):
    settings.WEBHOOKS_ALLOW_PRIVATE_HOSTS = False
    with pytest.raises(errors.Invalid, match=told) as refused:
        make(shop, buyers, url)
    assert "url" in refused.value.fields


def test_an_address_is_checked_again_whenever_something_is_sent(shop, buyers, buy, settings):
    made = make(shop, buyers).endpoint
    settings.WEBHOOKS_ALLOW_PRIVATE_HOSTS = False
    services.send_test(endpoint=made, by=None)
    services.send_waiting(endpoint_id=made.pk)
    assert "public internet" in Endpoint.objects.get().problem


def test_no_secret_is_kept_in_the_database(shop, buyers):
    made = make(shop, buyers)
    kept = [str(value) for value in Endpoint.objects.values_list().get()]
    assert made.secret.startswith("whsec_")
    assert not any(made.secret.removeprefix("whsec_") in value for value in kept)


def test_audiences_of_nobody_twice_the_same_address_and_too_many_are_refused(shop, other_shop, buyers, monkeypatch):
    theirs = create_audience(shop=other_shop, name="Theirs", expression="new = true", by=None)
    for ids in ([], [theirs.pk]):
        with pytest.raises(errors.Invalid, match="at least one audience"):
            services.create_endpoint(shop=shop, url="http://127.0.0.1:1/", audience_ids=ids, by=None)
    make(shop, buyers)
    with pytest.raises(errors.Conflict, match="already"):
        make(shop, buyers)
    monkeypatch.setattr(services.endpoints, "MAX_ENDPOINTS", 1)
    with pytest.raises(errors.Conflict, match="at most 1"):
        make(shop, buyers, "http://127.0.0.1:2/")


def test_the_audit_trail_tells_what_became_of_it_and_no_password(shop, buyers, owner):
    made = services.create_endpoint(
        shop=shop, url="http://holly:secret@127.0.0.1:1/hook?token=x", audience_ids=[buyers.pk], by=owner
    ).endpoint
    more = create_audience(shop=shop, name="New", expression="new = true", by=None)
    services.change_endpoint(endpoint=made, audience_ids=[more.pk], by=owner)
    services.change_endpoint(endpoint=made, is_paused=True, by=owner)
    services.rotate_secret(endpoint=made, by=owner)
    services.remove_endpoint(endpoint=Endpoint.objects.get(), by=owner)
    entries = AuditEntry.objects.filter(action__startswith="webhook.").order_by("pk")
    assert [entry.action.partition(".")[2] for entry in entries] == [
        "created",
        "changed",
        "paused",
        "rotated",
        "removed",
    ]
    assert {entry.subject for entry in entries} == {"http://127.0.0.1:1/hook"}
    assert not Endpoint.objects.exists()
