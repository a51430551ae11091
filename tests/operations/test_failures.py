"""Tasks that failed, kept until somebody has them done again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.core import clock, errors
from dashboard.operations.models import TaskFailure
from dashboard.operations.services import forget_old_failures, record_failure

pytestmark = pytest.mark.django_db
TASK = {"task": "webhooks.send", "queue": "default"}


def fail(error=None, **arguments):
    record_failure(**TASK, arguments=arguments, error=error or ValueError("ada@example.com bought a ring"))


def test_the_same_failure_counts_and_another_has_a_row_of_its_own():
    fail(endpoint_id=1)
    fail(endpoint_id=1)
    fail(endpoint_id=2)
    assert sorted(TaskFailure.objects.values_list("arguments__endpoint_id", "times")) == [(1, 2), (2, 1)]


def test_a_reason_for_people_is_kept_and_of_others_the_class_and_the_place():
    """Messages of other errors may repeat what a shop sent."""
    fail(errors.Unavailable("s3://bucket did not answer."), endpoint_id=1)
    try:
        clock.today_in("Mars/Base")
    except Exception as error:
        fail(error, endpoint_id=2)
    told, place = TaskFailure.objects.order_by("pk").values_list("reason", flat=True)
    assert told == "s3://bucket did not answer."
    assert place.startswith("ZoneInfoNotFoundError (dashboard/core/clock.py:")
    assert "Mars" not in place


def test_a_task_is_done_again_once_by_a_person_and_noted_in_the_trail_of_its_shop(
    client, staff, shop, sent, django_capture_on_commit_callbacks
):
    fail(shop_id=shop.pk, endpoint_id=3)
    address = reverse("operations:retry-task", args=[TaskFailure.objects.get().pk])
    client.force_login(staff)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address).status_code == 302
        assert client.post(address).status_code == 409
    assert sent == [("webhooks.send", "default", {"shop_id": shop.pk, "endpoint_id": 3})]
    entry = AuditEntry.objects.get(shop=shop)
    assert (entry.action, entry.subject, entry.actor) == ("task.retried", "webhooks.send", staff)
    assert TaskFailure.objects.get().retried_by == staff


def test_a_task_that_fails_again_is_there_again(client, staff, sent):
    fail(endpoint_id=1)
    client.force_login(staff)
    client.post(reverse("operations:retry-task", args=[TaskFailure.objects.get().pk]))
    fail(endpoint_id=1)
    assert TaskFailure.objects.filter(retried_at=None).get().times == 1
    assert TaskFailure.objects.count() == 2


def test_nothing_counts_as_done_again_while_the_broker_is_away(client, staff, settings, sent):
    fail(endpoint_id=1)
    client.force_login(staff)
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    from dashboard.core import jobs

    jobs._producer.cache_clear()
    try:
        response = client.post(reverse("operations:retry-task", args=[TaskFailure.objects.get().pk]))
    finally:
        jobs._producer.cache_clear()
    assert response.status_code == 503
    assert TaskFailure.objects.get().retried_at is None


def test_old_failures_are_forgotten():
    fail(endpoint_id=1)
    TaskFailure.objects.update(last_at=clock.now() - timedelta(days=31))
    fail(endpoint_id=2)
    assert forget_old_failures() == 1
    assert TaskFailure.objects.get().arguments == {"endpoint_id": 2}
