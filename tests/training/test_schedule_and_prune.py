"""What happens by itself: nightly runs, and old artifacts that go."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.core import errors
from dashboard.training import selectors, services
from dashboard.training.models import Artifact, RetrainPlan, Run

TOMORROW = datetime.now(UTC) + timedelta(days=1)
MORNING = TOMORROW.replace(hour=5, minute=30)
EVENING = TOMORROW.replace(hour=22, minute=0)


@pytest.fixture
def news(shop, seen):
    seen(shop, *(f"visitor-{number}" for number in range(12)))
    return shop


@pytest.mark.parametrize("now", [MORNING, EVENING])
def test_a_shop_with_news_gets_one_run_a_night_however_often_one_asks(news, now):
    assert [run.trigger for run in services.start_due_runs(now=now)] == ["schedule"]
    Run.objects.update(state="failed", created_at=now)
    assert services.start_due_runs(now=now + timedelta(minutes=10)) == []


def test_before_three_by_the_shops_own_clock_nothing_starts(news):
    assert services.start_due_runs(now=TOMORROW.replace(hour=1, minute=0)) == []


def test_a_shop_without_news_is_left_alone(news, seen):
    Run.objects.create(shop=news, state="published", trigger="manual", counts={"interactions": 60})
    seen(news, *(f"newcomer-{number}" for number in range(9)))
    assert services.start_due_runs(now=EVENING) == []


def test_a_shop_that_forgets_as_much_as_comes_has_news(shop, seen):
    """Its interactions are as many as a month ago, and none of them is the same."""
    Run.objects.create(shop=shop, state="published", trigger="manual", counts={"interactions": 50})
    seen(shop, *(f"visitor-{number}" for number in range(10)))
    assert len(services.start_due_runs(now=EVENING)) == 1


def test_of_a_large_shop_one_in_a_hundred_must_be_new(shop, seen):
    Run.objects.create(shop=shop, state="published", trigger="manual", counts={"interactions": 6_000})
    seen(shop, *(f"visitor-{number}" for number in range(11)))
    assert services.start_due_runs(now=EVENING) == []


def test_a_shop_that_decided_so_is_left_alone(news):
    RetrainPlan.objects.create(shop=news, retrains_nightly=False)
    assert services.start_due_runs(now=EVENING) == []


def test_a_shop_whose_run_is_active_is_left_alone(news):
    services.start_run(shop=news)
    assert services.start_due_runs(now=EVENING) == []


def test_old_artifacts_go_with_their_files_and_the_serving_one_stays(shop, published):
    versions = [published(shop, number, active=number == 1) for number in range(1, 5)]
    assert services.prune(kept=2) == 1
    assert set(Artifact.objects.values_list("version", flat=True)) == {1, 3, 4}
    with pytest.raises(errors.NotFound):
        selectors.local_artifact_folder(versions[1])
    assert selectors.local_artifact_folder(versions[0]).is_dir()
    assert Run.objects.count() == 4


def test_folders_of_ended_runs_are_cleared_and_those_of_active_ones_kept(shop, folders):
    active = services.start_run(shop=shop)
    for name in (str(active.pk), "999999", "notes"):
        (folders / "data" / "runs" / name).mkdir(parents=True)
    services.prune()
    left = {path.name for path in (folders / "data" / "runs").iterdir()}
    assert left == {str(active.pk), "notes"}
