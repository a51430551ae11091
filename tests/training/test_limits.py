"""What the trainings of a shop may take, and whose turn it is."""

import sys

import pytest
from django.urls import reverse

from dashboard.training import services
from dashboard.training.limits import Limits, limits_of
from dashboard.training.models import Artifact, RetrainPlan, Run
from dashboard.training.services.trainer import TrainerTooSlow, run_trainer


def test_a_shop_has_the_limits_of_the_installation_or_its_own(shop, other_shop, settings):
    settings.TRAINER_MEMORY_MIB, settings.TRAINER_CORES, settings.TRAINER_MINUTES = 4_000, 2, 90
    RetrainPlan.objects.create(shop=shop, most_memory_mib=900, most_minutes=30, artifacts_mib=5)
    assert limits_of(shop) == Limits(900, 2, 30, 5 * 1024 * 1024)
    assert limits_of(other_shop) == Limits(4_000, 2, 90, 0)


def test_a_training_that_takes_longer_than_it_may_is_ended(timing):
    command = [sys.executable, "-c", "import time; time.sleep(100)"]
    with pytest.raises(TrainerTooSlow):
        run_trainer(command, hear=lambda line: None, timing=timing, limits=Limits(0, 0, 0.001, 0))


def test_its_run_says_so(busy_shop, train, monkeypatch):
    monkeypatch.setattr("dashboard.training.services.execution.limits_of", lambda shop: Limits(0, 0, 0.005, 0))
    run = train(busy_shop, "hang")
    assert (run.state, run.reason_code) == ("failed", "took_too_long")
    assert "ended after 0.005 minutes" in run.reason


def test_versions_that_have_no_room_go_and_the_serving_one_stays(shop, published):
    for version in range(1, 5):
        published(shop, version, active=version == 1)
    Artifact.objects.update(size_bytes=400 * 1024)
    RetrainPlan.objects.create(shop=shop, artifacts_mib=1)
    assert services.prune() == 2
    assert set(Artifact.objects.values_list("version", flat=True)) == {1, 4}


@pytest.fixture
def waiting(shop, other_shop, seen, trainer):
    """Runs of two shops that wait; the first has trained a moment ago, the other has not."""
    seen(shop, "ada", "bob", "cleo")
    seen(other_shop, "dan", "eve", "fay")
    done = services.start_run(shop=shop, preset="fast")
    services.execute_run(run_id=done.pk)
    return [services.start_run(shop=each, preset="fast") for each in (shop, other_shop)]


def states_of(runs):
    return list(Run.objects.filter(pk__in=[run.pk for run in runs]).order_by("pk").values_list("state", flat=True))


def test_a_shop_that_asks_again_waits_for_one_that_has_not_had_its_turn(waiting):
    services.execute_run(run_id=waiting[0].pk)  # the message that came first
    assert states_of(waiting) == ["queued", "published"]
    services.execute_run(run_id=waiting[0].pk)
    assert states_of(waiting) == ["published", "published"]


def test_who_works_on_a_run_in_person_works_on_that_one(waiting):
    services.execute_here(run_id=waiting[0].pk)
    assert states_of(waiting) == ["published", "queued"]


def test_operators_set_the_limits_of_a_shop(admin_client, shop):
    given = {"shop": shop.pk, "most_memory_mib": 800, "most_cores": 1, "most_minutes": 0, "artifacts_mib": 0}
    assert admin_client.post(reverse("admin:training_retrainplan_add"), given).status_code == 302
    assert RetrainPlan.objects.get(shop=shop).most_memory_mib == 800
