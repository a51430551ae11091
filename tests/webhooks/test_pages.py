"""The pages of webhooks: a secret shown once, a log that is sent again from, and nothing for who may not change."""

import pytest
from django.urls import reverse

from dashboard.core import clock
from dashboard.overview.need import Need
from dashboard.overview.webhook_needs import webhook_needs
from dashboard.webhooks import services
from dashboard.webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db


def address(name, shop, *args):
    return reverse(f"webhooks:{name}", args=[shop.slug, *args])


def body(response):
    return response.content.decode()


@pytest.fixture
def endpoint(shop, buyers):
    url = "http://holly:secret@127.0.0.1:1/hook?token=t0ken"
    return services.create_endpoint(shop=shop, url=url, audience_ids=[buyers.pk], by=None).endpoint


def test_without_webhooks_the_page_says_what_they_are_for(client, shop, owner):
    client.force_login(owner)
    page = body(client.get(address("index", shop)))
    assert "No webhooks yet" in page
    assert "Make an audience" in page


def test_a_secret_is_shown_in_one_answer_and_never_again(client, shop, owner, buyers):
    client.force_login(owner)
    made = client.post(address("create", shop), {"url": "http://127.0.0.1:1/hook", "audiences": [buyers.pk]})
    assert "whsec_" in body(made)
    assert made["Cache-Control"] == "no-store"
    found = Endpoint.objects.get()
    assert "whsec_" not in body(client.get(address("detail", shop, found.pk)))
    rotated = body(client.post(address("rotate", shop, found.pk)))
    assert "whsec_" in rotated
    assert "signed by the earlier one too" in rotated


def test_what_is_refused_stays_in_the_form_with_the_reason(client, shop, owner, buyers):
    client.force_login(owner)
    refused = client.post(address("create", shop), {"url": "ftp://shop.example", "audiences": [buyers.pk]})
    assert refused.status_code == 400
    assert "ftp://shop.example" in body(refused)
    assert "must begin with https" in body(refused)
    assert client.post(address("create", shop), {"url": "http://127.0.0.1:1/"}).status_code == 400


def test_pages_show_no_password_and_no_token(client, shop, owner, endpoint):
    client.force_login(owner)
    for page in (address("index", shop), address("detail", shop, endpoint.pk)):
        shown = body(client.get(page))
        assert "http://127.0.0.1:1/hook" in shown
        assert not any(secret in shown for secret in ("holly:", "t0ken"))


def test_the_log_tells_what_was_answered_and_sends_again(client, shop, owner, endpoint, buyers):
    Delivery.objects.create(
        shop=shop, endpoint=endpoint, audience=buyers, message_id="msg_1", changes=1200, state="refused", attempts=5,
        status=422, answer="no such customer", created_at=clock.now(),
    )  # fmt: skip
    client.force_login(owner)
    page = body(client.get(address("detail", shop, endpoint.pk)))
    assert "1,200 changes" in page
    assert "no such customer" in page
    client.post(address("replay", shop, endpoint.pk), {"delivery": Delivery.objects.get().pk})
    assert Delivery.objects.get().state == "waiting"
    again = client.post(address("replay", shop, endpoint.pk), {"delivery": Delivery.objects.get().pk})
    assert again.status_code == 409
    assert client.post(address("replay", shop, endpoint.pk), {"delivery": "9" * 30}).status_code == 404


def test_it_is_paused_let_go_on_and_removed(client, shop, owner, endpoint):
    client.force_login(owner)
    client.post(address("pause", shop, endpoint.pk), {"is_paused": "yes"})
    assert "messages wait until you let it go on" in body(client.get(address("detail", shop, endpoint.pk)))
    client.post(address("pause", shop, endpoint.pk), {"is_paused": "no"})
    assert "Everything that was noted has arrived." in body(client.get(address("detail", shop, endpoint.pk)))
    client.post(address("remove", shop, endpoint.pk))
    assert client.get(address("detail", shop, endpoint.pk)).status_code == 404


def test_one_that_fails_needs_somebody(client, shop, owner, endpoint):
    assert webhook_needs(shop) == []
    Endpoint.objects.update(failures=3, problem="It answered with 503.")
    (need,) = webhook_needs(shop)
    assert isinstance(need, Need)
    assert "It answered with 503." in need.text
    client.force_login(owner)
    assert "http://127.0.0.1:1/hook fails" in body(client.get(reverse("overview:index", args=[shop.slug])))


def test_an_editor_looks_and_a_viewer_does_not(client, shop, editor, viewer, endpoint):
    client.force_login(editor)
    page = body(client.get(address("detail", shop, endpoint.pk)))
    assert address("rotate", shop, endpoint.pk) not in page
    for name in ("change", "rotate", "pause", "test", "replay", "remove"):
        assert client.post(address(name, shop, endpoint.pk)).status_code == 403
    client.force_login(viewer)
    assert client.get(address("index", shop)).status_code == 403
