"""How long a run will still take: by an earlier one of its preset from the start, by its own pace without one."""

from datetime import timedelta

import pytest

from dashboard.core import clock
from dashboard.training import selectors
from dashboard.training.models import Run
from dashboard.training.stages import time_left

EARLIER_SECONDS = {"snapshot": 4.0, "encode": 60.0, "segments": 20.0, "evaluate": 30.0, "publish": 6.0}


def told(**seconds):
    return [{"stage": stage, "progress": 1.0, "seconds": length} for stage, length in seconds.items()]


@pytest.fixture
def earlier(shop):
    return Run.objects.create(
        shop=shop,
        state="published",
        trigger="schedule",
        preset="fast",
        stages=told(**EARLIER_SECONDS),
        counts={"interactions": 1_000},
    )


@pytest.fixture
def begin(shop):
    def start(**columns):
        started_at = clock.now() - timedelta(seconds=3)
        return Run.objects.create(
            **{"shop": shop, "state": "running", "trigger": "manual", "preset": "fast", "started_at": started_at},
            **columns,
        )

    return start


def test_a_second_run_tells_the_time_left_from_its_first_second(earlier, begin):
    run = begin(progress=0.01, stages=told(snapshot=4.0))
    assert time_left(run, selectors.earlier_run(run)) == timedelta(seconds=116)


def test_a_slower_machine_is_noticed_by_its_pace(earlier, begin):
    run = begin(progress=0.5, stages=told(snapshot=8.0, encode=120.0))
    assert time_left(run, selectors.earlier_run(run)) == timedelta(seconds=112)


def test_a_shop_with_twice_the_interactions_is_expected_to_take_twice_as_long(earlier, begin):
    run = begin(progress=0.01, stages=told(snapshot=8.0), counts={"interactions": 2_000})
    assert time_left(run, selectors.earlier_run(run)) == timedelta(seconds=232)


def test_what_is_left_of_the_present_stage_counts(earlier, begin):
    half = {"stage": "encode", "progress": 0.5, "seconds": 30.0}
    run = begin(progress=0.3, stages=[*told(snapshot=4.0), half])
    assert time_left(run, selectors.earlier_run(run)) == timedelta(seconds=30 + 20 + 30 + 6)


def test_a_first_run_tells_it_by_its_own_pace_once_a_tenth_is_done(begin):
    assert time_left(begin(progress=0.05, stages=told(snapshot=3.0))) is None


def test_a_first_run_that_is_half_done_needs_as_long_again(begin):
    run = begin(progress=0.5, stages=told(snapshot=3.0))
    left = time_left(run)
    assert left is not None
    assert timedelta(seconds=3) <= left < timedelta(minutes=1)


def test_a_queued_run_has_no_time_left(earlier, begin):
    run = begin(progress=0)
    Run.objects.filter(pk=run.pk).update(state="queued")
    run.refresh_from_db()
    assert time_left(run, selectors.earlier_run(run)) is None


def test_another_preset_another_shop_and_a_failed_run_say_nothing(shop, other_shop, begin):
    common = {"trigger": "manual", "stages": told(**EARLIER_SECONDS)}
    Run.objects.create(shop=shop, state="published", preset="best", **common)
    Run.objects.create(shop=other_shop, state="published", preset="fast", **common)
    Run.objects.create(shop=shop, state="failed", preset="fast", **common)
    assert selectors.earlier_run(begin(progress=0.2, stages=told(snapshot=1.0))) is None
