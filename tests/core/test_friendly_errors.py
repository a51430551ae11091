"""Errors of the domain become words on a page."""

import pytest
from django.urls import reverse


@pytest.fixture
def missing(shop):
    return reverse("segments:detail", args=[shop.slug, 999])


@pytest.mark.parametrize(
    ("method", "page"), [("get", "overview:search"), ("get", "experiments:index"), ("post", "events:count-again")]
)
def test_a_null_character_is_refused_in_words(client, shop, owner, method, page):
    client.force_login(owner)
    sent = {"q": "a\x00b", "placement": "a\x00b", "visitor_id": "a\x00b"}
    response = getattr(client, method)(reverse(page, args=[shop.slug]), sent)
    assert response.status_code == 400
    assert "NUL character" in response.content.decode()


def test_a_page_says_what_is_wrong_with_the_right_status(client, missing, owner):
    client.force_login(owner)
    response = client.get(missing)
    assert response.status_code == 404
    assert "There is no segment 999" in response.content.decode()
    assert 'id="nav"' in response.content.decode()


def test_a_refusal_leads_back_to_the_part_it_came_from(client, shop, owner, missing):
    client.force_login(owner)
    back = reverse("settings:index", args=[shop.slug])
    refused = client.post(reverse("settings:invite", args=[shop.slug]), {"email": owner.email, "role": "viewer"})
    assert f'data-kind="primary" href="{back}"' in refused.content.decode()
    assert (
        f'data-kind="primary" href="{reverse("segments:index", args=[shop.slug])}"'
        in client.get(missing).content.decode()
    )


def test_a_fragment_gets_an_alert_and_no_page(client, missing, owner):
    client.force_login(owner)
    response = client.get(missing, headers={"HX-Request": "true"})
    assert response["X-Forage-Error"] == "not_found"
    assert 'role="alert"' in response.content.decode()
    assert "<html" not in response.content.decode()


def test_a_role_that_is_too_low_is_told_in_words(client, shop, viewer):
    client.force_login(viewer)
    response = client.post(reverse("segments:rename", args=[shop.slug, 1]), {"name": "x"})
    assert response.status_code == 403
    assert "Ask an owner" in response.content.decode()


def test_an_unknown_address_shows_our_own_page(client, settings, db):
    settings.DEBUG = False
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


@pytest.mark.parametrize("page", ["400", "403", "404", "500", "403_csrf"])
def test_every_error_page_renders_without_a_request(page):
    from django.template.loader import render_to_string

    assert "<h1" in render_to_string(f"{page}.html")
