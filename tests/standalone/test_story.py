"""The month before the sample shop was opened: three experiments, two rules, a refused event, a second training."""

import threading
import uuid
from datetime import timedelta

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.models import Exposure, Interaction
from dashboard.events.services import record_events
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors import results_of
from dashboard.ledger.selectors import ledger_of
from dashboard.policies.models import Policy
from dashboard.policies.selectors import placement_by_slug, policy_published_now
from dashboard.standalone.story import DAYS, Story, begin_anew, show_the_new_alone
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

    def retrain(meanwhile):
        trained.append(clock.now())
        meanwhile()

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
    first, second, third = Experiment.objects.filter(shop=shop).order_by("pk")
    assert (now - first.started_at, first.ended_at - first.started_at) == (timedelta(days=27), timedelta(days=13))
    assert (now - second.started_at, now - second.ended_at) == (timedelta(days=13), timedelta(days=3))
    assert now - third.started_at == timedelta(days=13)
    assert all(experiment.created_by == owner for experiment in (first, second, third))
    told_at = AuditEntry.objects.filter(shop=shop, action="experiment.started").values_list("created_at", flat=True)
    assert sorted(told_at) == [first.started_at, second.started_at, third.started_at]
    begun_at = Policy.objects.filter(placement__shop=shop, version=1).values_list("created_at", flat=True)
    assert set(begun_at) == {now - timedelta(days=DAYS + 1)}


def test_the_ledger_of_every_day_that_is_over_is_summed(told):
    shop, _, _ = told
    found = ledger_of(shop, DAYS)
    assert (found.unsummed, len(found.reach) >= DAYS - 2) == ([], True)
    assert found.total.tried > 0


def test_visits_obey_what_was_published_and_decided_before_them(told):
    shop, now, _ = told
    shown = Exposure.objects.filter(shop_id=shop.pk, placement="product")
    first = Experiment.objects.filter(shop=shop).earliest("started_at")

    def experiments_between(since, until):
        return set(shown.filter(served_at__gt=since, served_at__lt=until).values_list("experiment_id", flat=True))

    assert experiments_between(now - timedelta(days=28), first.started_at) == {None}
    assert experiments_between(first.started_at, first.ended_at) == {first.pk}
    assert experiments_between(first.ended_at, now - timedelta(days=13)) == {None}
    assert set(Interaction.objects.filter(shop=shop).values_list("simulated", flat=True)) == {True}


def test_an_experiment_is_planned_by_the_power_of_its_own_metric(told):
    shop, _, _ = told
    first, second, third = Experiment.objects.filter(shop=shop).order_by("pk")
    metrics = [experiment.primary_metric for experiment in (first, second, third)]
    assert metrics == ["click_through", "items_discovered", "click_through"]
    assert second.planned_visitors != third.planned_visitors  # finds are rarer than clicks, and scatter more


def test_what_harms_is_stopped_on_the_day_that_shows_it(stocked, owner):
    begin_anew(stocked)
    story = Story(stocked, now=clock.now(), by=owner, live=print, retrain=print)
    with clock.standing_at(clock.now() - timedelta(days=5)):
        show_the_new_alone(story)
    experiment = Experiment.objects.get(shop=stocked)
    _show(stocked, experiment, clicked={"A": 0.6, "B": 0.55})
    story.watch("product")
    experiment.refresh_from_db()
    assert experiment.state == "running"
    _show(stocked, experiment, clicked={"A": 0.6, "B": 0.05})
    story.watch("product")
    experiment.refresh_from_db()
    assert experiment.state == "stopped"
    results = results_of(experiment)
    assert [guard.metric.key for guard in results.guards if guard.state == "harmed"] == ["click_through"]
    assert "Clicks per 1,000 slates fell by" in results.verdict.sentence


def _show(shop, experiment, *, clicked):
    """A slate to each of 200 further visitors of A and of B, of whom these shares click; in A few were explored."""
    at = clock.now() - timedelta(days=2)
    served = {"policy_version": 1, "policy_hash": "", "temperature": 0.0, "seed": 1, "candidates": {}}
    exposures, clicks = [], []
    for key, share in clicked.items():
        for number in range(200):
            items = [{"item_id": "i3", "explore": key == "B" or number % 12 == 0}]
            visitor_id, slate_id = f"{key}-{clicked['B']}-{number}", uuid.uuid4()
            exposures.append(
                Exposure(recommendation_id=slate_id, shop_id=shop.pk, placement="product", visitor_id=visitor_id,
                         served_at=at, variant=key, experiment_id=experiment.pk, items=items,
                         latency_ms=5 + number % 3, **served)
            )  # fmt: skip
            if number < share * 200:
                clicks.append({"event_id": str(uuid.uuid4()), "type": "select_item", "visitor_id": visitor_id,
                               "item_id": "i3", "recommendation_id": str(slate_id),
                               "timestamp": (at + timedelta(minutes=1)).isoformat()})  # fmt: skip
    Exposure.objects.bulk_create(exposures)
    assert not record_events(shop=shop, raw=clicks).rejected


def test_what_an_interrupted_start_left_is_told_anew(told):
    shop, _, _ = told
    begin_anew(shop)
    assert not Experiment.objects.filter(shop=shop).exists()
    assert not Exposure.objects.filter(shop_id=shop.pk).exists()
    assert policy_published_now(placement_by_slug(shop, "home")).version == 1
