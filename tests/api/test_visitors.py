"""A visitor's right to see and to be forgotten."""

import pytest

from dashboard.events.models import BotVisitor, EventKey, Impression, Interaction, VisitorAlias
from tests.api.conftest import event

pytestmark = pytest.mark.django_db


def test_an_export_holds_every_row_of_the_visitor(secret):
    listed = event("b", type="view_item_list")
    secret.post("/events", {"events": [event("a"), listed, event("c", visitor_id="v2")]})
    export = secret.get("/visitors/v1/export").json()
    assert [row["event_id"] for row in export["interactions"]] == ["a"]
    assert [row["event_id"] for row in export["impressions"]] == ["b"]


def test_an_erased_visitor_is_gone_and_cannot_come_back_by_a_late_resend(secret):
    listed = event("b", type="view_item_list")
    secret.post("/events", {"events": [event("a"), listed, event("c", visitor_id="v2")]})
    gone = secret.delete("/visitors/v1").json()
    assert (gone["interactions"], gone["impressions"], gone["exposures"]) == (1, 1, 0)
    assert secret.get("/visitors/v1/export").status_code == 404
    answer = secret.post("/events", {"events": [event("a")]}).json()
    assert [rejection["code"] for rejection in answer["rejected"]] == ["conflict"]
    assert Interaction.objects.get().visitor_id == "v2"
    assert Impression.objects.count() == 0
    assert EventKey.objects.count() == 3


def test_a_visitor_nobody_knows_is_a_404(secret):
    assert secret.delete("/visitors/nobody").status_code == 404


def test_a_visitor_known_by_a_bot_mark_alone_is_erased_too(secret, publishable):
    crawler = {"User-Agent": "Googlebot/2.1"}
    publishable.post("/events", {"events": [event("a")]}, headers=crawler)
    Interaction.objects.all().delete()  # as old behaviour goes
    assert BotVisitor.objects.filter(visitor_id="v1").exists()
    assert secret.delete("/visitors/v1").json()["bot_marks"] == 1
    assert not BotVisitor.objects.exists()
    assert secret.delete("/visitors/v1").status_code == 404


def test_an_id_known_only_as_another_ones_earlier_name_is_erased_too(secret):
    secret.post("/visitors/cookie/merge", {"into": "customer"})
    assert secret.delete("/visitors/cookie").json()["other_ids"] == 1
    assert not VisitorAlias.objects.exists()
