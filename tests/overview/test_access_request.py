"""A visitor's data, whole, from the page."""

import json

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.audiences.services import set_attributes
from dashboard.events.services import record_events

pytestmark = pytest.mark.django_db


def test_an_owner_takes_all_that_is_kept_of_a_visitor_and_the_trail_does_not_name_whose(client, shop, owner, editor):
    event = {"event_id": "e1", "type": "view_item", "visitor_id": "ada", "item_id": "茶壶"}
    record_events(shop=shop, raw=[event])
    set_attributes(shop=shop, visitor_id="ada", attributes={"country": "GB"})
    address = reverse("overview:access-request", args=[shop.slug])
    client.force_login(editor)
    assert client.post(address, {"visitor_id": "ada"}).status_code == 403
    client.force_login(owner)
    answer = client.post(address, {"visitor_id": "ada"})
    found = json.loads(answer.content)
    assert "attachment" in answer["Content-Disposition"]
    assert (found["attributes"], found["interactions"][0]["item_id"]) == ({"country": "GB"}, "茶壶")
    entry = AuditEntry.objects.get(action="visitor.exported")
    assert (entry.actor, entry.subject) == (owner, "")
    assert client.post(address, {"visitor_id": "nobody"}).status_code == 404
