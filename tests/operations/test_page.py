"""The operations page: staff sees all of the installation, nobody else anything."""

from datetime import timedelta

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.core import clock, heartbeats, slow_requests
from dashboard.events.services import record_events
from dashboard.operations.models import Alert
from dashboard.operations.services import record_failure
from dashboard.training.models import Artifact, Run
from tests.api.conftest import event
from tests.markup import one_line

pytestmark = pytest.mark.django_db
PAGES = [("operations:index", "get"), ("operations:now", "get")]
DEEDS = [("operations:retry-task", "failure_id"), ("operations:retry-run", "run_id")]


@pytest.fixture
def page(client, staff, alive, roomy):
    client.force_login(staff)
    return lambda: one_line(client.get(reverse("operations:index")).content.decode())


@pytest.mark.parametrize(("name", "method"), PAGES)
def test_a_merchant_finds_no_such_page(client, owner, name, method):
    assert getattr(client, method)(reverse(name)).status_code == 302  # to the sign-in
    client.force_login(owner)
    assert getattr(client, method)(reverse(name)).status_code == 404


@pytest.mark.parametrize(("name", "key"), DEEDS)
def test_a_merchant_can_have_nothing_done_again(client, owner, shop, sent, name, key):
    record_failure(task="exports.write", queue="default", arguments={"export_id": 1}, error=ValueError())
    run = Run.objects.create(shop=shop, preset="fast", state="failed")
    client.force_login(owner)
    assert client.post(reverse(name, kwargs={key: run.pk})).status_code == 404
    assert (sent, Run.objects.count()) == ([], 1)


def test_an_installation_that_is_well_says_so(page):
    text = page()
    assert "<b>All is well</b>: 2 workers live" in text
    assert "default@here" in text
    assert "No task failed this week." in text
    assert "There is no shop yet." in text


def test_it_tells_how_fresh_every_shop_is(page, shop, other_shop):
    record_events(shop=other_shop, raw=[event()])
    run = Run.objects.create(shop=other_shop, preset="fast", state="published")
    moment = clock.now() - timedelta(days=2)
    Artifact.objects.create(
        shop=other_shop, run=run, version=7, path="x", is_active=True, published_at=moment, size_bytes=3 * 1024 * 1024
    )
    text = page()
    fresh = text[text.index("How fresh each shop is") :]
    assert fresh.index("Holly &amp; Hearth") < fresh.index("Other")  # the one that never sent anything
    assert 'v7 <span class="sub">2 days ago' in fresh
    assert "3.0" in fresh


def test_what_needs_somebody_stands_first_with_what_to_do(client, staff, alive, roomy):
    roomy(0.04)
    client.force_login(staff)
    text = one_line(client.get(reverse("operations:index")).content.decode())
    assert "<b>1 thing needs you</b>" in text
    assert "4% of the disk is free, 4.0 GiB." in text
    assert "ARTIFACTS_MIB" in text


def test_workers_that_fell_silent_are_told(client, staff, roomy):
    client.force_login(staff)
    heartbeats.beat_worker("default@here", queues=["default"], busy=0, done=3)
    text = one_line(client.get(reverse("operations:index")).content.decode())
    assert "No worker of the queue train has given a sign of life." in text
    assert "No worker of the queue default" not in text
    assert "nobody takes" in one_line(client.get(reverse("operations:now")).content.decode())


def test_slow_requests_stand_there_by_route_alone(page):
    slow_requests.note(method="GET", route="api/v1/visitors/<path:visitor_id>", status=200, seconds=2.345)
    assert "GET api/v1/visitors/&lt;path:visitor_id&gt;" in page()
    assert '<td class="n">2.3</td>' in page()


def test_a_failed_training_is_started_again_and_noted_in_its_shop(client, page, staff, shop, sent):
    viewed = (event(event_id=f"v{n}", visitor_id=f"v{n % 3}", item_id=f"i{n}") for n in range(12))
    record_events(shop=shop, raw=list(viewed))
    moment = clock.now()
    failed = Run.objects.create(shop=shop, preset="best", state="failed", reason="The disk is full.", ended_at=moment)
    assert "The disk is full." in page()
    response = client.post(reverse("operations:retry-run", args=[failed.pk]))
    assert response.status_code == 302
    again = Run.objects.latest("pk")
    assert (again.state, again.preset, again.requested_by) == ("queued", "best", staff)
    assert AuditEntry.objects.get(shop=shop).action == "run.start"


def test_a_training_that_did_not_fail_is_not_started_again(client, page, shop):
    run = Run.objects.create(shop=shop, preset="best", state="published")
    assert client.post(reverse("operations:retry-run", args=[run.pk])).status_code == 409
    assert Run.objects.count() == 1


def test_alerts_that_are_over_are_told_for_a_week(page):
    now = clock.now()
    for days, subject in ((1, "lately"), (9, "long-ago")):
        ended = now - timedelta(days=days)
        Alert.objects.create(kind="queue_waits", subject=subject, facts={"minutes": 20}, began_at=ended, ended_at=ended)
    text = page()
    assert "A task of the queue lately has waited for 20 minutes." in text
    assert "long-ago" not in text


def test_it_says_whom_alerts_reach(page, settings):
    assert "Alerts reach nobody yet" in page()
    settings.ALERT_EMAILS = ["ops@example.com"]
    settings.ALERT_WEBHOOK_URL = "https://user:secret@hooks.example/forage?token=1"
    text = page()
    assert "ops@example.com, https://hooks.example/forage" in text
    assert "user:secret" not in text
    assert "whsec_" in text
