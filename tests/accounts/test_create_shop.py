"""The command that makes a shop."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from dashboard.accounts.models import ApiKey, Membership, Shop
from dashboard.accounts.selectors import live_key

pytestmark = pytest.mark.django_db


def test_both_keys_are_printed_once_and_open_the_shop(capsys):
    call_command("create_shop", "tea", name="Tea & Table", json=True)
    said = json.loads(capsys.readouterr().out)
    for name, kind in (("publishable_key", "pk"), ("secret_key", "sk")):
        key = live_key(said[name])
        assert (key.shop.slug, key.kind) == ("tea", kind)
    stored = str(list(ApiKey.objects.values()))
    assert said["secret_key"] not in stored


def test_the_first_owner_joins_by_the_link_that_is_printed(client, capsys):
    call_command("create_shop", "tea", name="Tea & Table", owner="ann@example.com", json=True)
    link = json.loads(capsys.readouterr().out)["owner_link"]
    joined = client.post(link, {"name": "Ann", "password": "a long passphrase"})
    assert joined.url == reverse("overview:index", args=["tea"])
    assert Membership.objects.get(user__email="ann@example.com").role == "owner"


def test_an_owner_without_an_address_makes_no_shop():
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("create_shop", "tea", name="Tea & Table", owner="ann")
    assert not Shop.objects.filter(slug="tea").exists()


def test_a_slug_that_is_taken_is_refused_in_one_line(shop):
    with pytest.raises(CommandError, match="exists already"):
        call_command("create_shop", shop.slug, name="Again")


@pytest.mark.parametrize(
    "options",
    [
        {"timezone": "Mars/Base"},
        {"currency": "POUNDS"},
        {"slug": "no spaces!"},
        {"slug": "t" * 51},
        {"name": "T" * 121},
        {"name": " "},
    ],
)
def test_what_is_no_slug_name_zone_or_currency_is_refused(options):
    given = {"slug": "tea", "name": "Tea", **options}
    with pytest.raises(CommandError):
        call_command("create_shop", given.pop("slug"), **given)
