"""Alerts: raised once, told by each channel once, ended once."""

import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.core import mail

from dashboard.catalog.models import FeedImport, FeedSource
from dashboard.core import clock
from dashboard.events.models import Interaction
from dashboard.operations.channels import webhook_secret
from dashboard.operations.conditions import conditions
from dashboard.operations.models import Alert
from dashboard.operations.services import watch
from dashboard.training.models import Run
from dashboard.webhooks.signing import signature
from tests.http_host import hosted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("alive", "roomy")]


@pytest.fixture
def mailed(settings):
    settings.ALERT_EMAILS = ["ops@example.com"]
    return mail.outbox


def failed_runs(shop, count, state="failed"):
    for _ in range(count):
        Run.objects.create(shop=shop, preset="fast", state=state, reason="The disk is full.")


def seen(shop, hours):
    moment = clock.now() - timedelta(hours=hours)
    Interaction.objects.create(
        shop=shop, event_id="e", type="view_item", visitor_id="v", item_id="i", timestamp=moment, received_at=moment
    )


def kinds():
    return [(one.kind, one.subject) for one in conditions(clock.now())]


def test_an_installation_that_is_well_needs_nobody(shop):
    assert kinds() == []


def test_three_failed_trainings_in_a_row_and_not_two(shop, other_shop):
    failed_runs(shop, 2)
    failed_runs(other_shop, 3)
    assert kinds() == [("runs_fail", "other")]
    failed_runs(other_shop, 1, state="published")
    assert kinds() == []


def test_a_training_that_goes_on_changes_nothing_of_those_that_failed(shop):
    failed_runs(shop, 3)
    failed_runs(shop, 1, state="running")
    assert kinds() == [("runs_fail", "holly-and-hearth")]


def test_a_shop_that_fell_silent_and_not_one_that_never_began(shop, other_shop, settings):
    seen(shop, hours=25)
    assert kinds() == [("no_events", "holly-and-hearth")]
    settings.ALERT_SILENCE_HOURS = 48
    assert kinds() == []
    settings.ALERT_SILENCE_HOURS = 0
    seen(other_shop, hours=9_999)
    assert kinds() == []


def test_a_feed_that_failed_three_times_and_not_one_that_is_paused(shop):
    source = FeedSource.objects.create(
        shop=shop, url="https://user:word@erp.example/feed", every_hours=24, due_at=clock.now()
    )
    for _ in range(3):
        FeedImport.objects.create(
            shop=shop, source=source, name="feed", state="failed", reason="certificate expired", beat_at=clock.now()
        )
    (found,) = conditions(clock.now())
    assert found.facts == {"address": "https://erp.example/feed", "reason": "certificate expired"}
    FeedSource.objects.update(is_paused=True)
    assert kinds() == []


def test_a_disk_with_less_than_a_tenth_free(shop, roomy):
    roomy(0.101)
    assert kinds() == []
    roomy(0.099)
    assert kinds() == [("disk_full", "")]


def test_an_alert_is_mailed_once_and_its_end_once(shop, mailed):
    failed_runs(shop, 3)
    watch()
    watch()
    assert [message.subject for message in mailed] == ["Forage: Trainings fail (holly-and-hearth)"]
    assert "failed: The disk is full." in mailed[0].body
    assert mailed[0].to == ["ops@example.com"]
    failed_runs(shop, 1, state="published")
    watch()
    watch()
    assert [message.subject for message in mailed[1:]] == ["Over: Trainings fail (holly-and-hearth)"]
    assert Alert.objects.get().ended_at is not None


def test_what_comes_again_is_another_alert(shop, mailed, roomy):
    for share in (0.05, 0.5, 0.05):
        roomy(share)
        watch()
    assert len(mailed) == 3
    assert sorted(alert.ended_at is None for alert in Alert.objects.all()) == [False, True]


def test_what_ended_before_anybody_was_told_is_not_told(roomy, settings, mailed):
    settings.ALERT_EMAILS = []
    roomy(0.05)
    watch()
    roomy(0.5)
    watch()
    settings.ALERT_EMAILS = ["ops@example.com"]
    watch()
    assert mailed == []


def test_mail_that_cannot_be_sent_is_tried_again(roomy, settings, mailed):
    roomy(0.05)
    settings.EMAIL_BACKEND, there = "django.core.mail.backends.smtp.EmailBackend", settings.EMAIL_BACKEND
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    watch()
    assert Alert.objects.get().told == {}
    settings.EMAIL_BACKEND = there
    watch()
    assert len(mailed) == 1


class Receiver(BaseHTTPRequestHandler):
    status = 200
    taken = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((dict(self.headers), body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_an_alert_is_posted_with_a_signature_and_again_where_it_was_not_taken(roomy, settings, monkeypatch):
    monkeypatch.setattr(Receiver, "taken", [])
    with hosted(Receiver) as server:
        settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/alerts"
        roomy(0.05)
        monkeypatch.setattr(Receiver, "status", 500)
        watch()
        monkeypatch.setattr(Receiver, "status", 200)
        watch()
        watch()
        roomy(0.5)
        watch()
    ids = [{name.lower(): value for name, value in headers.items()}["webhook-id"] for headers, _ in Receiver.taken]
    number = Alert.objects.get().pk
    assert ids == [f"alert-{number}-began", f"alert-{number}-began", f"alert-{number}-ended"]
    headers, body = Receiver.taken[1]
    known = {name.lower(): value for name, value in headers.items()}
    signed = signature(webhook_secret(), known["webhook-id"], int(known["webhook-timestamp"]), body)
    assert known["webhook-signature"] == signed
    said = json.loads(body)
    assert said["type"] == "alert.began"
    assert said["alert"]["message"] == "5% of the disk is free, 5.0 GiB."
    assert json.loads(Receiver.taken[2][1])["type"] == "alert.ended"
