"""Shops that render by themselves: they ask for variants, tell what was shown, and are counted like any other."""

from datetime import timedelta

import pytest

from dashboard.accounts.services import issue_key
from dashboard.core import clock
from dashboard.events.models import Exposure
from dashboard.experiments.models import Assignment, DailyMoment
from dashboard.experiments.services import Terms, refresh_moments, start_experiment, stop_experiment
from tests.api.conftest import ApiClient, event

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(client, home):
    return ApiClient(client, issue_key(shop=home.shop, kind="sk").plain)


@pytest.fixture
def begun(home):
    return start_experiment(placement=home, treatment_knobs={"exploration": 0.4}, by=None, salt="fixed")


def assigned(secret, experiment, *visitors):
    answer = secret.post(f"/experiments/{experiment.pk}/assignments", {"visitor_ids": list(visitors)})
    assert answer.status_code == 200, answer.content
    return {row["visitor_id"]: row["variant"] for row in answer.json()["assignments"]}


def shown(secret, experiment, *slates):
    return secret.post(f"/experiments/{experiment.pk}/exposures", {"exposures": list(slates)})


def test_a_visitor_keeps_the_variant_that_serving_would_give_too(secret, begun):
    from dashboard.experiments.services import variant_for

    visitors = [f"v{number}" for number in range(30)]
    first = assigned(secret, begun, *visitors)
    assert set(first.values()) == {"A", "B"}
    assert assigned(secret, begun, *visitors) == first
    served = {visitor: variant_for(placement_id=begun.placement_id, visitor_id=visitor).key for visitor in visitors}
    assert served == first
    assert Assignment.objects.filter(experiment=begun).count() == 30


def test_whom_it_does_not_take_has_none(secret, home):
    few = start_experiment(
        placement=home, treatment_knobs={"exploration": 0.4}, by=None, terms=Terms(traffic_share=0.2), salt="fixed"
    )
    found = assigned(secret, few, *(f"v{number}" for number in range(40)))
    assert 20 < list(found.values()).count(None) < 40


def test_what_they_rendered_is_counted_with_the_events_that_follow(secret, begun):
    variant = assigned(secret, begun, "ada")["ada"]
    answer = shown(secret, begun, {"visitor_id": "ada", "items": ["mug", "jug"]})
    assert answer.status_code == 202
    (logged,) = answer.json()["exposures"]
    assert logged["variant"] == variant
    exposure = Exposure.objects.get(pk=logged["recommendation_id"])
    assert [(item["item_id"], item["position"]) for item in exposure.items] == [("mug", 1), ("jug", 2)]
    follows = event("e1", visitor_id="ada", type="select_item", recommendation_id=logged["recommendation_id"])
    assert secret.post("/events", {"events": [follows]}).status_code == 202
    refresh_moments(begun, now=clock.now() + timedelta(minutes=1))
    clicks = DailyMoment.objects.get(experiment=begun, metric="click_through")
    assert (clicks.variant, clicks.n, clicks.sum_y, clicks.sum_x) == (variant, 1, 1, 1)


def test_what_cannot_be_is_named_by_its_place(secret, begun):
    assigned(secret, begun, "ada")
    answer = shown(
        secret,
        begun,
        {"visitor_id": "stranger"},
        {"visitor_id": "ada"},
        {"visitor_id": "ada", "rendered_at": (clock.now() + timedelta(hours=1)).isoformat()},
        {"visitor_id": "ada", "rendered_at": (clock.now() - timedelta(days=3)).isoformat()},
    ).json()
    assert [row["index"] for row in answer["rejected"]] == [0, 2, 3]
    assert len(answer["exposures"]) == Exposure.objects.count() == 1


def test_of_what_does_not_split_visitors_nothing_is_asked(secret, home, begun):
    stop_experiment(experiment=begun, by=None)
    assert secret.post(f"/experiments/{begun.pk}/assignments", {"visitor_ids": ["ada"]}).status_code == 409
    both = start_experiment(
        placement=home, treatment_knobs={"exploration": 0.4}, by=None, terms=Terms(is_interleaved=True)
    )
    assert secret.post(f"/experiments/{both.pk}/assignments", {"visitor_ids": ["ada"]}).status_code == 409
    assert shown(secret, both, {"visitor_id": "ada"}).status_code == 409


def test_too_many_are_refused(secret, begun):
    many = [f"v{number}" for number in range(501)]
    assert secret.post(f"/experiments/{begun.pk}/assignments", {"visitor_ids": many}).status_code == 400
