"""The month before the sample shop was opened: three experiments, two rules, a refused event, a second training."""

import threading
import uuid
from datetime import timedelta

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.models import Exposure, Interaction
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors import results_of
from dashboard.policies.models import Policy
from dashboard.policies.selectors import placement_by_slug, policy_published_now
from dashboard.standalone.story import DAYS, Story, begin_anew
from dashboard.standalone.traffic.backfill import Backfill
from dashboard.standalone.traffic.calendar import planned_visits

VISITS_A_DAY = 12


@pytest.fixture
def told(stocked, owner):
    """(the shop, the moments at which a model was trained), after the story."""
    now, trained = clock.now(), []
    for name in ("Christmas", "Easter"):
        Item.objects.create(shop=stocked, item_id=name, title=name, categories=[name], price=3, currency="GBP")
    begin_anew(stocked)
    visits = planned_visits(days=DAYS, now=now, zone=stocked.timezone, seed=2, visits_a_day=VISITS_A_DAY)
    backfill = Backfill(stocked, visits, seed=2, stop=threading.Event(), now=now)
    retrain = lambda: trained.append(clock.now())  # noqa: E731
    Story(stocked, now=now, by=owner, live=backfill.live_until, retrain=retrain).tell()
    return stocked, now, trained


def test_the_month_holds_what_it_should(told, owner):
    shop, now, trained = told
    states = dict(Experiment.objects.filter(shop=shop).order_by("pk").values_list("name", "state"))
    assert list(states.values())[2] == "running"
    assert set(list(states.values())[:2]) <= {"shipped", "stopped"}
    assert trained == [now - timedelta(days=7)]
    rules = policy_published_now(placement_by_slug(shop, "home")).rules
    assert [rule["match"] for rule in rules] == [{"category": "Christmas"}, {"category": "Easter"}]
    assert rules[1]["starts_at"] > now.isoformat()


def test_every_decision_carries_its_moment_and_its_maker(told, owner):
    shop, now, _ = told
    first, second, third = Experiment.objects.filter(shop=shop).order_by("started_at")
    assert (now - first.started_at, first.ended_at - first.started_at) == (timedelta(days=28), timedelta(days=11))
    assert (now - second.started_at, now - second.ended_at) == (timedelta(days=16), timedelta(days=3))
    assert now - third.started_at == timedelta(days=15)
    assert all(experiment.created_by == owner for experiment in (first, second, third))
    told_at = AuditEntry.objects.filter(shop=shop, action="experiment.started").values_list("created_at", flat=True)
    assert sorted(told_at) == [first.started_at, second.started_at, third.started_at]
    begun_at = Policy.objects.filter(placement__shop=shop, version=1).values_list("created_at", flat=True)
    assert set(begun_at) == {now - timedelta(days=DAYS + 1)}


def test_visits_obey_what_was_published_and_decided_before_them(told):
    shop, now, _ = told
    shown = Exposure.objects.filter(shop_id=shop.pk, placement="home")
    first = Experiment.objects.filter(shop=shop).earliest("started_at")
    assert set(shown.filter(served_at__lt=first.ended_at).values_list("experiment_id", flat=True)) == {first.pk}
    between = shown.filter(served_at__gt=first.ended_at, served_at__lt=now - timedelta(days=15))
    assert set(between.values_list("experiment_id", flat=True)) == {None}
    assert set(Interaction.objects.filter(shop=shop).values_list("simulated", flat=True)) == {True}


def test_an_experiment_is_planned_by_the_power_of_its_own_metric(told):
    shop, _, _ = told
    first, second, third = Experiment.objects.filter(shop=shop).order_by("started_at")
    assert [first.primary_metric, second.primary_metric] == ["click_through", "revenue_per_visitor"]
    assert second.planned_visitors > third.planned_visitors  # money scatters more than clicks


def test_what_harms_is_stopped_on_the_day_that_shows_it(stocked, owner):
    begin_anew(stocked)
    story = Story(stocked, now=clock.now(), by=owner, live=print, retrain=print)
    experiment = story.experiment("product", "Dear", metric="revenue_per_visitor", exploration=0.3)
    experiment.started_at = clock.now() - timedelta(days=5)
    experiment.save()
    _show(stocked, experiment, milliseconds={"A": 5, "B": 5})
    story.watch("product")
    experiment.refresh_from_db()
    assert experiment.state == "running"
    _show(stocked, experiment, milliseconds={"A": 5, "B": 40})
    story.watch("product")
    experiment.refresh_from_db()
    assert experiment.state == "stopped"
    assert [guard.metric.key for guard in results_of(experiment).guards if guard.state == "harmed"] == ["slate_latency"]


def _show(shop, experiment, *, milliseconds):
    """A slate to each of 150 further visitors of A and of B, made in about so long."""
    at = clock.now() - timedelta(days=2)
    served = {"policy_version": 1, "policy_hash": "", "temperature": 0.0, "seed": 1, "items": [], "candidates": {}}
    for key, latency_ms in milliseconds.items():
        for number in range(150):
            Exposure.objects.create(recommendation_id=uuid.uuid4(), shop_id=shop.pk, placement="product",
                                    visitor_id=f"{key}-{milliseconds['B']}-{number}", served_at=at, variant=key,
                                    experiment_id=experiment.pk, latency_ms=latency_ms + number % 3,
                                    **served)  # fmt: skip


def test_what_an_interrupted_start_left_is_told_anew(told):
    shop, _, _ = told
    begin_anew(shop)
    assert not Experiment.objects.filter(shop=shop).exists()
    assert not Exposure.objects.filter(shop_id=shop.pk).exists()
    assert policy_published_now(placement_by_slug(shop, "home")).version == 1
