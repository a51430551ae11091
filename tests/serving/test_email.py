"""Slates in e-mails: links and pictures that work without a script, count once, and lead nowhere else."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse

from dashboard.accounts.services import issue_key
from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.models import Exposure, Interaction
from dashboard.serving.email import ASKED_A_MINUTE, COUNTED_DAYS, SALT, Place
from tests.api.conftest import ApiClient
from tests.serving.conftest import send

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture
def mail(client, catalog):
    """The answer for Ada's mail; every item but one has an address, and every item but another a picture."""
    for item in Item.objects.filter(shop=catalog):
        item.url = f"https://shop.example/{item.item_id}"
        item.image_url = f"https://shop.example/{item.item_id}.jpg"
        item.save()
    Item.objects.filter(item_id="whisk").update(url="")
    Item.objects.filter(item_id="bowl").update(image_url="")
    send(catalog, "ada", "teapot")
    api = ApiClient(client, issue_key(shop=catalog, kind="sk").plain)
    return lambda **asked: api.post("/email-slates", {"visitor_id": "ada", "n": 9, **asked}).json()


def opened(client, address, **headers):
    return client.get(address.removeprefix("http://testserver"), headers=BROWSER | headers)


def test_each_position_leads_to_its_item_and_its_picture(client, mail):
    for item in mail()["items"]:
        if item["link"]:
            assert opened(client, item["link"])["Location"] == f"https://shop.example/{item['item_id']}"
        if item["image"]:
            assert opened(client, item["image"])["Location"] == f"https://shop.example/{item['item_id']}.jpg"
    assert [item["item_id"] for item in mail()["items"] if not item["link"]] == ["whisk"]
    assert [item["item_id"] for item in mail()["items"] if not item["image"]] == ["bowl"]


def test_the_html_needs_no_script_and_no_style(mail):
    slate = mail(n=3)
    html = slate["html"]
    assert not re.search(r"<script|style=|javascript:", html)
    assert all(item["link"] in html and item["title"] in html for item in slate["items"] if item["link"])


def test_what_a_shop_calls_its_items_is_no_markup(catalog, mail):
    Item.objects.filter(shop=catalog).update(title="<script>alert(1)</script>")
    assert "<script>" not in mail(n=2)["html"]


def test_a_click_and_a_look_count_once_each_for_the_visitor(client, mail):
    slate = mail()
    item = next(entry for entry in slate["items"] if entry["link"] and entry["image"])
    for _ in range(3):
        opened(client, item["image"])
        opened(client, item["link"])
    click = Interaction.objects.get(type="select_item")
    assert (click.visitor_id, click.item_id, click.placement) == ("ada", item["item_id"], "email")
    assert str(click.recommendation_id) == slate["recommendation_id"]


def test_heads_and_programs_are_led_and_not_counted(client, mail):
    item = next(entry for entry in mail()["items"] if entry["link"])
    path = item["link"].removeprefix("http://testserver")
    assert client.head(path, headers=BROWSER).status_code == 302
    assert opened(client, item["link"], **{"User-Agent": "Googlebot/2.1"}).status_code == 302
    assert not Interaction.objects.filter(type="select_item").exists()


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), lambda token: "x" * 5000]
)
def test_a_forged_token_leads_nowhere(client, mail, change):
    item = next(entry for entry in mail()["items"] if entry["link"])
    token = item["link"].rstrip("/").rpartition("/")[2]
    assert client.get(reverse("mail:link", args=[change(token)])).status_code == 404
    assert client.get(reverse("mail:image", args=[change(token)])).status_code == 404


def test_a_token_that_was_signed_for_something_else_leads_nowhere(client, catalog, mail):
    other = signing.dumps({"s": catalog.pk, "r": "0" * 32, "k": 1, "i": "teapot"}, salt="another")
    assert client.get(reverse("mail:link", args=[other])).status_code == 404
    odd = signing.dumps(["https://evil.example"], salt=SALT)
    assert client.get(reverse("mail:link", args=[odd])).status_code == 404


def test_nothing_that_is_sent_along_changes_where_it_leads(client, mail):
    item = next(entry for entry in mail()["items"] if entry["link"])
    address = item["link"] + "?url=https://evil.example&next=//evil.example&to=https://evil.example"
    assert opened(client, address, **{"X-Forwarded-Host": "evil.example"})["Location"].startswith(
        "https://shop.example/"
    )


def test_an_item_that_is_gone_and_one_of_another_shop_lead_nowhere(client, catalog, other_shop, mail):
    slate = mail()
    item = next(entry for entry in slate["items"] if entry["link"])
    Item.objects.filter(shop=catalog, item_id=item["item_id"]).update(deleted_at=clock.now())
    assert opened(client, item["link"]).status_code == 404
    Item.objects.create(shop=other_shop, item_id="theirs", url="https://their.example/")
    crossed = Place(catalog.pk, Exposure.objects.first().recommendation_id, 1, "theirs").token
    assert client.get(reverse("mail:link", args=[crossed])).status_code == 404


def test_of_who_was_erased_nothing_is_written_again(client, mail):
    item = next(entry for entry in mail()["items"] if entry["link"])
    Exposure.objects.all().delete()
    assert opened(client, item["link"]).status_code == 302
    assert not Interaction.objects.filter(type="select_item").exists()


def test_an_old_mail_still_leads_and_counts_no_more(client, mail, monkeypatch):
    item = next(entry for entry in mail()["items"] if entry["link"])
    later = (clock.now() + timedelta(days=COUNTED_DAYS + 1)).timestamp()
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert opened(client, item["link"]).status_code == 302
    monkeypatch.undo()
    assert not Interaction.objects.filter(type="select_item").exists()


def test_one_slate_is_not_asked_for_without_end(client, mail):
    item = next(entry for entry in mail()["items"] if entry["link"])
    statuses = [opened(client, item["link"], **{"User-Agent": "bot/"}).status_code for _ in range(ASKED_A_MINUTE + 5)]
    assert set(statuses[:ASKED_A_MINUTE]) == {302}
    assert 429 in statuses


def test_a_publishable_key_composes_no_mails(client, catalog):
    issued = issue_key(shop=catalog, kind="pk", allowed_origins=["https://shop.example"])
    answer = ApiClient(client, issued.plain).post("/email-slates", {"visitor_id": "ada"})
    assert answer.status_code == 403


def test_what_the_page_says_is_what_the_api_takes(client, catalog, owner):
    client.force_login(owner)
    page = client.get(reverse("policies:embed", args=[catalog.slug, "email"])).content.decode()
    assert "forage.js" not in page
    assert "<noscript" not in page.split("code-mail")[1]
    body = re.search(r"-d &#x27;(.*?)&#x27;|-d '(.*?)'", page, re.DOTALL)
    sent = (body[1] or body[2]).replace("&quot;", '"')
    address = re.search(r"curl -s -X POST (\S+)", page)[1]
    key = issue_key(shop=catalog, kind="sk").plain
    answer = client.post(address, sent, content_type="application/json", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 201
    assert len(answer.json()["items"]) == 4
