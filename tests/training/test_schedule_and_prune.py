"""What happens by itself: nightly runs, and old artifacts that go."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.catalog.models import Item
from dashboard.catalog.services import upsert_items
from dashboard.core import clock, errors
from dashboard.events.models import Interaction
from dashboard.training import selectors, services
from dashboard.training.models import Artifact, RetrainPlan, Run
from dashboard.training.news import news_of, total_variation

TOMORROW = datetime.now(UTC) + timedelta(days=1)
MORNING = TOMORROW.replace(hour=5, minute=30)
EVENING = TOMORROW.replace(hour=22, minute=0)


@pytest.fixture
def news(shop, seen):
    """A shop that has trained, a month ago, and whose visitors have done something since."""
    learnt(shop, 50)
    seen(shop, *(f"visitor-{number}" for number in range(12)))
    return shop


def learnt(shop, interactions, *, days_ago=30, items=0):
    run = Run.objects.create(
        shop=shop, state="published", trigger="manual", counts={"interactions": interactions, "items": items}
    )
    Run.objects.filter(pk=run.pk).update(created_at=clock.now() - timedelta(days=days_ago))
    return run


@pytest.mark.parametrize("now", [MORNING, EVENING])
def test_a_shop_with_news_gets_one_run_a_night_however_often_one_asks(news, now):
    assert [run.trigger for run in services.start_due_runs(now=now)] == ["schedule"]
    Run.objects.filter(state="queued").update(state="failed", created_at=now)
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


def test_a_first_training_waits_until_a_model_would_be_useful(shop, seen):
    seen(shop, *(f"visitor-{number}" for number in range(199)))
    assert services.start_due_runs(now=EVENING) == []
    seen(shop, "visitor-199")
    assert len(services.start_due_runs(now=EVENING)) == 1


@pytest.mark.parametrize(("days", "preset"), [(0, "best"), (1, "fast")])
def test_one_night_a_week_is_more_thorough(news, days, preset):
    now = EVENING + timedelta(days=days)
    RetrainPlan.objects.create(shop=news, night_preset="fast", weekly_preset="best", weekly_day=EVENING.weekday())
    assert [run.preset for run in services.start_due_runs(now=now)] == [preset]


def test_the_night_begins_when_the_shop_says_by_its_own_clock(news):
    news.timezone = "Asia/Shanghai"  # eight hours ahead
    news.save()
    RetrainPlan.objects.create(shop=news, night_hour=9, retrains_on_news=False)
    assert services.start_due_runs(now=TOMORROW.replace(hour=0, minute=50)) == []
    assert len(services.start_due_runs(now=TOMORROW.replace(hour=1, minute=0))) == 1


@pytest.fixture
def between(shop):
    """After the night's run, and long enough after it."""
    RetrainPlan.objects.create(shop=shop, night_preset="fast", weekly_preset="")
    return EVENING


def after_the_night(shop, between, **facts):
    run = learnt(shop, **facts)
    Run.objects.filter(pk=run.pk).update(created_at=between.replace(hour=4))


def test_between_two_nights_a_fifth_more_behaviour_calls_for_a_run(shop, seen, between):
    after_the_night(shop, between, interactions=5_005)
    seen(shop, *(f"v{number}" for number in range(200)), received_at=between)
    assert services.start_due_runs(now=between) == []  # 1,000 of 1,001
    seen(shop, "one more", received_at=between)
    assert services.start_due_runs(now=between + timedelta(minutes=30)) == []  # it looks once an hour
    assert [run.trigger for run in services.start_due_runs(now=between)] == ["news"]


def test_so_do_many_new_items(shop, between):
    after_the_night(shop, between, interactions=5_000, items=100)
    Item.objects.bulk_create(Item(shop=shop, item_id=f"new-{n}", title="New") for n in range(50))
    Item.objects.update(created_at=between)
    assert [run.trigger for run in services.start_due_runs(now=between)] == ["news"]


def test_a_shop_that_decided_so_waits_for_the_night(shop, seen, between):
    RetrainPlan.objects.update(retrains_on_news=False)
    after_the_night(shop, between, interactions=1_000)
    seen(shop, *(f"v{number}" for number in range(210)), received_at=between)
    assert services.start_due_runs(now=between) == []


@pytest.mark.parametrize(
    ("recent", "before", "drift"),
    [([600, 400], [1_200, 800], 0.0), ([900, 100], [500, 500], 0.4), ([999, 0], [5, 5_000], None)],
)
def test_interests_drift_as_far_as_the_shares_of_categories_differ(recent, before, drift):
    assert total_variation(recent, before) == (None if drift is None else pytest.approx(drift))


def test_other_interests_than_before_call_for_a_run(shop, seen):
    upsert_items(shop=shop, raw_items=[{"item_id": f"item-{n}", "categories": [f"C{n}"]} for n in range(5)])
    learnt(shop, 100_000, days_ago=3, items=5)
    now = clock.now()
    for place, (item, days) in enumerate([("item-1", 10), ("item-2", 1)]):
        Interaction.objects.bulk_create(
            Interaction(
                shop=shop,
                event_id=f"{place}-{n}",
                type="view_item",
                visitor_id=f"v{n % 90}",
                item_id=item,
                timestamp=now - timedelta(days=days),
                received_at=now,
            )
            for n in range(1_000)
        )
    news = news_of(shop, now=now)
    assert news.drift == 1.0
    assert (news.interactions, news.calls_for_a_run) == (2_000, "drift")


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
