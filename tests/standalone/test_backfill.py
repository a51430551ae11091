"""Weeks of simulated visits at once: they lie in the past, are marked, and run in an experiment."""

import io
import json
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from dashboard.core import clock
from dashboard.events.models import Exposure, Interaction
from dashboard.experiments.models import Assignment, Experiment
from dashboard.standalone.traffic.past import live_through_past

DAYS, VISITORS = 3, 30


@pytest.fixture
def lived(stocked):
    output = io.StringIO()
    call_command("simulate", shop=stocked.slug, backfill_days=DAYS, visitors=VISITORS, seed=3, json=True, stdout=output)
    return json.loads(output.getvalue())


def test_all_of_it_is_marked_as_simulated(lived, stocked):
    assert set(Interaction.objects.filter(shop=stocked).values_list("simulated", flat=True)) == {True}
    assert list(Exposure.objects.filter(shop_id=stocked.pk).values_list("simulated", flat=True)) == (
        [True] * lived["slates"]
    )
    assert lived["slates"] > VISITORS / 2
    assert lived["refused"] == 0


def test_assignments_carry_the_time_of_the_visit(lived, stocked):
    experiment = Experiment.objects.get(shop=stocked)
    first_seen = {}
    for exposure in Exposure.objects.filter(experiment_id=experiment.pk).order_by("served_at"):
        first_seen.setdefault(exposure.visitor_id, exposure.served_at)
    assigned = dict(Assignment.objects.filter(experiment=experiment).values_list("visitor_id", "assigned_at"))
    assert assigned == first_seen
    assert min(assigned.values()) < clock.now() - timedelta(days=1)


def test_the_experiment_began_with_the_visits_and_its_moments_are_there(lived, stocked):
    experiment = Experiment.objects.get(shop=stocked)
    assert clock.now() - experiment.started_at > timedelta(days=DAYS - 1)
    assert experiment.refreshed_at is not None
    assert experiment.placement.slug == "home"


def test_a_second_past_goes_into_the_experiment_that_runs(lived, stocked):
    live_through_past(stocked, seed=4, days=DAYS, stop=threading.Event(), visits_a_day=2)
    assert Experiment.objects.filter(shop=stocked).count() == 1


def test_a_stopped_backfill_ends_between_two_waves(stocked):
    stop = threading.Event()
    stop.set()
    assert live_through_past(stocked, seed=4, days=DAYS, stop=stop, visits_a_day=9).slates == 0


def test_an_unknown_shop_and_a_bad_number_are_refused(shop):
    with pytest.raises(CommandError):
        call_command("simulate", shop="nowhere", backfill_days=1)
    with pytest.raises(CommandError, match="whole number above zero"):
        call_command("simulate", "--shop", shop.slug, "--visitors", "-1")
