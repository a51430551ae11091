"""Who sees which shop."""

import pytest
from django.urls import reverse

PAGES = ["overview", "segments", "policies", "experiments", "catalog", "events", "training", "settings"]


@pytest.mark.parametrize("page", PAGES)
def test_an_owner_opens_every_page(client, shop, owner, page):
    client.force_login(owner)
    assert client.get(reverse(f"{page}:index", args=[shop.slug])).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_an_outsider_gets_a_404_as_if_the_shop_did_not_exist(client, shop, outsider, page):
    client.force_login(outsider)
    assert client.get(reverse(f"{page}:index", args=[shop.slug])).status_code == 404


def test_a_stranger_is_sent_to_the_door(client, shop):
    response = client.get(reverse("overview:index", args=[shop.slug]))
    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:sign-in"))
