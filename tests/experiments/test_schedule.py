"""What experiments do by themselves, as the scheduled job does it."""

from datetime import timedelta

import numpy as np
import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.core import clock, errors
from dashboard.experiments.models import DailyMoment, Experiment
from dashboard.experiments.services import Terms, begin_experiment, create_experiment, keep_schedule, variant_for
from dashboard.policies.services import publish_policy
from tests.experiments.test_results import moment

BOLD = {"exploration": 0.4}
RAMP = ({"day": 0, "share": 0.1}, {"day": 1, "share": 0.5}, {"day": 4, "share": 1.0})
VISITORS = [f"v{number}" for number in range(400)]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def front(shop):
    from dashboard.policies.models import Placement

    placement = Placement.objects.create(shop=shop, slug="front", name="Front page")
    publish_policy(placement=placement, knobs={"exploration": 0.1}, rules=(), by=None)
    return placement


def drafted(front, **terms):
    return create_experiment(placement=front, by=None, treatment_knobs=BOLD, terms=Terms(**terms))


def state_of(experiment):
    return Experiment.objects.get(pk=experiment.pk).state


def actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_draft_begins_and_ends_at_its_times_and_once_only(front):
    now = clock.now()
    experiment = drafted(front, starts_at=now + HOUR, ends_at=now + 2 * DAY)
    assert (keep_schedule(now=now), state_of(experiment)) == (0, "draft")
    assert (keep_schedule(now=now + HOUR), state_of(experiment)) == (1, "running")
    assert (keep_schedule(now=now + DAY), state_of(experiment)) == (0, "running")
    assert (keep_schedule(now=now + 2 * DAY), state_of(experiment)) == (1, "stopped")
    assert keep_schedule(now=now + 3 * DAY) == 0
    assert Experiment.objects.get(pk=experiment.pk).decision == "It ended at the time that was set."
    assert actions()[-3:] == ["experiment.created", "experiment.started", "experiment.stopped"]


def test_one_that_cannot_begin_at_its_time_says_why_and_does_not_try_for_ever(front):
    now = clock.now()
    begin_experiment(experiment=create_experiment(placement=front, by=None, treatment_knobs={"novelty": 0.3}), by=None)
    waiting = drafted(front, starts_at=now + HOUR)
    keep_schedule(now=now + HOUR)
    assert (state_of(waiting), keep_schedule(now=now + DAY)) == ("draft", 0)
    entry = AuditEntry.objects.get(action="experiment.start_failed")
    assert "Stop it first" in entry.detail["note"]


def test_one_whose_end_has_passed_cannot_be_started_by_hand(front):
    experiment = drafted(front, ends_at=clock.now() + HOUR)
    with pytest.raises(errors.Conflict, match="has passed"):
        begin_experiment(experiment=experiment, by=None, now=clock.now() + DAY)


def met(front):
    found = {visitor: variant_for(placement_id=front.pk, visitor_id=visitor) for visitor in VISITORS}
    return {visitor: choice.key for visitor, choice in found.items() if choice}


def test_the_ramp_takes_more_visitors_by_its_days_and_keeps_whom_it_took(front):
    experiment = begin_experiment(experiment=drafted(front, ramp=RAMP), by=None)
    shares, before = [], {}
    for days in (0, 1, 3, 4, 9):
        keep_schedule(now=experiment.started_at + days * DAY)
        now = met(front)
        assert before.items() <= now.items()
        shares.append(len(now) / len(VISITORS))
        before = now
    assert shares == pytest.approx([0.1, 0.5, 0.5, 1.0, 1.0], abs=0.08)
    assert actions().count("experiment.ramped") == 2


def test_a_job_that_was_late_jumps_to_the_step_that_is_due(front):
    experiment = begin_experiment(experiment=drafted(front, ramp=RAMP), by=None)
    keep_schedule(now=experiment.started_at + 30 * DAY)
    assert Experiment.objects.get(pk=experiment.pk).traffic_share == 1.0
    assert actions().count("experiment.ramped") == 1


def with_slower_slates(experiment, milliseconds):
    """B's slates take so much longer, by sums that a refresh would have stored."""
    rng = np.random.default_rng(3)
    for arm, extra in (("A", 0), ("B", milliseconds)):
        row = moment(arm, "slate_latency", rng.normal(10 + extra, 1, 4000), np.ones(4000))
        row.experiment, row.day = experiment, "2026-01-05"
        row.save()
        carted = moment(arm, "add_to_cart_rate", rng.random(4000) < 0.1)
        carted.experiment, carted.day = experiment, "2026-01-05"
        carted.save()
    Experiment.objects.filter(pk=experiment.pk).update(refreshed_at=clock.now())


@pytest.mark.parametrize(("milliseconds", "state"), [(5, "stopped"), (0.1, "running")])
def test_harm_to_what_is_guarded_stops_it_before_more_visitors_see_it(front, milliseconds, state):
    experiment = begin_experiment(experiment=drafted(front, ramp=RAMP), by=None)
    with_slower_slates(experiment, milliseconds)
    keep_schedule(now=experiment.started_at + DAY)
    assert DailyMoment.objects.exists()
    ended = Experiment.objects.get(pk=experiment.pk)
    assert (ended.state, ended.traffic_share) == (state, 0.1 if state == "stopped" else 0.5)
    assert ("Time to make a slate got worse" in ended.decision) == (state == "stopped")


def test_one_without_a_ramp_is_left_to_whoever_began_it(front):
    experiment = begin_experiment(experiment=drafted(front), by=None)
    with_slower_slates(experiment, 5)
    keep_schedule(now=experiment.started_at + DAY)
    assert state_of(experiment) == "running"
