"""The settings page: keys, the shop's clock and money, who changed what."""

import pytest
from django.urls import reverse

from dashboard.accounts import services
from dashboard.accounts.models import ApiKey, AuditEntry
from dashboard.accounts.selectors import live_key

pytestmark = pytest.mark.django_db


def address(shop, name="index", *args):
    return reverse(f"settings:{name}", args=[shop.slug, *args])


def test_a_new_key_is_shown_once_and_works(client, shop, owner):
    client.force_login(owner)
    given = {"kind": "pk", "name": "Blog", "origins": "https://blog.example/\nhttps://shop.example"}
    response = client.post(address(shop, "issue-key"), given)
    plain = response.context["new_key"].plain
    assert plain in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert live_key(plain).allowed_origins == ["https://blog.example", "https://shop.example"]
    assert plain not in client.get(address(shop)).content.decode()
    assert AuditEntry.objects.get(shop=shop).action == "key.issued"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("HTTPS://Shop.Example", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://märkte.example", "https://xn--mrkte-gra.example"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(client, shop, owner, typed, sent):
    client.force_login(owner)
    made = client.post(address(shop, "issue-key"), {"kind": "pk", "origins": typed}).context["new_key"]
    assert made.record.allowed_origins == [sent]


@pytest.mark.parametrize(
    "origins",
    [
        "shop.example",
        "https://shop.example/path",
        "https://shop.example?page=1",
        "https://ann@shop.example",
        "https://shop.example:99999",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_origin_is_refused(client, shop, owner, origins):
    client.force_login(owner)
    before = ApiKey.objects.count()
    assert client.post(address(shop, "issue-key"), {"kind": "pk", "origins": origins}).status_code == 400
    assert ApiKey.objects.count() == before


def test_a_revoked_key_opens_nothing_and_is_noted(client, shop, owner):
    client.force_login(owner)
    key = services.issue_key(shop=shop, kind="sk")
    client.post(address(shop, "revoke-key", key.record.pk))
    assert live_key(key.plain) is None
    entry = AuditEntry.objects.get(shop=shop)
    assert (entry.action, entry.subject, entry.actor) == ("key.revoked", key.record.prefix, owner)


def test_another_shops_key_cannot_be_revoked(client, shop, owner, other_shop):
    client.force_login(owner)
    key = services.issue_key(shop=other_shop, kind="sk")
    assert client.post(address(shop, "revoke-key", key.record.pk)).status_code == 404
    assert live_key(key.plain) is not None


@pytest.mark.parametrize("person", ["editor", "viewer"])
def test_only_an_owner_changes_settings(client, shop, request, person):
    client.force_login(request.getfixturevalue(person))
    before = ApiKey.objects.count()
    assert client.post(address(shop, "issue-key"), {"kind": "sk"}).status_code == 403
    assert (
        client.post(address(shop, "change-shop"), {"name": "x", "timezone": "UTC", "currency": "EUR"}).status_code
        == 403
    )
    assert ApiKey.objects.count() == before
    page = client.get(address(shop)).content.decode()
    assert "new-key-form" not in page


def test_zone_and_currency_are_changed_and_checked(client, shop, owner):
    client.force_login(owner)
    client.post(address(shop, "change-shop"), {"name": "Holly", "timezone": "Asia/Tokyo", "currency": "jpy"})
    shop.refresh_from_db()
    assert (shop.name, shop.timezone, shop.currency) == ("Holly", "Asia/Tokyo", "JPY")
    response = client.post(address(shop, "change-shop"), {"name": "Holly", "timezone": "Mars", "currency": "ABC"})
    assert response.status_code == 400
    assert response.content.decode().count('aria-invalid="true"') == 2
    shop.refresh_from_db()
    assert shop.timezone == "Asia/Tokyo"
