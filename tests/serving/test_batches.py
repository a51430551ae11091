"""Slates made for many at once are those that each visitor would have been given alone."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.core import clock, errors
from dashboard.events.models import Exposure
from dashboard.experiments.models import Assignment
from dashboard.experiments.services import start_experiment
from dashboard.policies.selectors import placement_by_slug
from dashboard.segments.models import Segment, SegmentMembership, SegmentSet
from dashboard.serving import batches, shop_stats
from dashboard.serving.batches import recommend_many
from dashboard.serving.composing import compose_alike
from dashboard.serving.services import recommend
from dashboard.serving.types import SlateRequest
from dashboard.training.models import Artifact, Run
from recommender.slate.record import SlateRecord
from tests.recommender.serving.garden import ITEMS_OF_A_TASTE, TASTES, THEMES, item
from tests.serving.conftest import add_item, send, set_policy

NOW = clock.now()


@pytest.fixture
def garden(catalog, model_folder):
    """The shop of that artifact, with young items that it does not know and an experiment on Home."""
    for taste in range(TASTES):
        for number in range(ITEMS_OF_A_TASTE):
            title = f"{THEMES[taste]} pot {number}"
            add_item(catalog, item(taste, number), title=title, categories=[THEMES[taste]], group_id=f"g{number // 9}")
    for number in range(6):
        add_item(catalog, f"young-{number}", days_old=80 + 3 * number, categories=[THEMES[number % 3]])
    run = Run.objects.create(shop=catalog, state="published", trigger="manual")
    Artifact.objects.create(shop=catalog, run=run, version=1, path=str(model_folder), is_active=True)
    rule = {
        "kind": "boost",
        "match": {"category": "Fern"},
        "strength": 0.4,
        "starts_at": (NOW - timedelta(days=9)).isoformat(),
    }
    set_policy(catalog, exploration=0.4, diversity=0.3, calibration=0.2, novelty=0.1, rules=[rule])
    home = placement_by_slug(catalog, "home")
    start_experiment(placement=home, treatment_knobs={"exploration": 0.8}, by=None, now=NOW - timedelta(days=20))
    shop_stats.forget(catalog.pk)
    return catalog


def member(shop, visitor_id):
    center = {"center": [0, 0], "covariance": [[1, 0], [0, 1]]}
    Segment.objects.create(
        shop=shop, artifact_id=1, number=2, suggested_name="Fern", share=1, visitors=100, top_items=[], **center
    )
    SegmentSet.objects.create(shop=shop, artifact_id=1)
    SegmentMembership.objects.create(
        shop=shop, artifact_id=1, visitor_id=visitor_id, number=2, probability=1, probabilities={"2": 1.0}, x=0, y=0
    )


def requests_of(shop):
    """Newcomers on several pages and days, visitors with a past, one with a segment alone, one who has a cart."""
    send(shop, "fern", item(1, 3))
    send(shop, "fern", item(1, 4), "add_to_cart")
    send(shop, "rose", "", "purchase", items=[{"item_id": item(0, 2), "price": 3}], order_id="o1")
    send(shop, "rose", item(0, 5))
    send(shop, "stranger", "spade")
    member(shop, "member")
    who = ["fern", "rose", "stranger", "member", *(f"new{number}" for number in range(12))]
    at_home = [
        SlateRequest(
            shop=shop, placement="home", visitor_id=name, seed=7 + place, now=NOW - timedelta(days=1.3 * place)
        )
        for place, name in enumerate(who)
    ]
    elsewhere = [
        replace(at_home[0], placement="product", context_items=(item(1, 3),)),
        replace(at_home[5], placement="product", context_items=(item(2, 3),)),
        replace(at_home[6], placement="product", context_items=(item(2, 3),), seed=90),
        replace(at_home[7], placement="product", context_items=("spade",)),
        replace(at_home[8], placement="cart", cart_items=(item(0, 1), item(1, 1))),
        replace(at_home[9], placement="cart", cart_items=(item(0, 1), item(1, 1)), n=3, simulated=True),
    ]
    return [*at_home, *elsewhere]


def made(slate):
    """All of a slate but what is new each time, and but figures, which are equal up to rounding alone."""
    items = tuple(entry._replace(propensity=0, score=0) for entry in slate.items)
    return replace(slate, recommendation_id=None, record=b"", items=items)


def figures(slate):
    return [figure for entry in slate.items for figure in (entry.propensity, entry.score)]


def test_each_slate_equals_the_one_that_is_made_alone(garden):
    requests = requests_of(garden)
    alone = [recommend(request) for request in requests]
    together = recommend_many(requests)
    assert [made(slate) for slate in together] == [made(slate) for slate in alone]
    for one, other in zip(together, alone, strict=True):
        assert figures(one) == pytest.approx(figures(other), abs=2e-6)
    assert {slate.variant for slate in together[:16]} == {"A", "B"}
    assert {slate.fallback for slate in together} >= {"", "popular", "content", "segment_popular"}


def test_newcomers_who_are_drawn_together_get_what_each_would_get_alone(garden, monkeypatch):
    """With impressions known, ages tell which items are past the bound alone, and rules count from a moment on."""
    slate = {"recommendation_id": str(uuid.uuid4()), "placement": "home"}
    send(garden, "looker", "", "view_item_list", items=[{"item_id": item(1, number)} for number in range(5)], **slate)
    shop_stats.forget(garden.pk)
    newcomers = [request for request in requests_of(garden) if request.visitor_id.startswith("new")]
    drawn = []
    monkeypatch.setattr(batches, "compose_alike", lambda *given: drawn.append(given) or compose_alike(*given))
    together = recommend_many(newcomers)
    assert [made(slate) for slate in together] == [made(slate) for slate in map(recommend, newcomers)]
    assert [slate.record for slate in together] == [slate.record for slate in map(recommend, newcomers)]
    assert len(newcomers) > len(drawn) > 2


def test_their_exposures_equal_those_that_are_logged_alone(garden):
    requests = requests_of(garden)
    alone, together = [recommend(request) for request in requests], recommend_many(requests)

    def logged(slate):
        row = Exposure.objects.filter(recommendation_id=slate.recommendation_id).values().get()
        record = SlateRecord.decode(bytes(row.pop("record")))
        new = ("recommendation_id", "latency_ms", "items")
        return {name: value for name, value in row.items() if name not in new}, record

    for one, other in zip(together, alone, strict=True):
        (row, record), (row_alone, record_alone) = logged(one), logged(other)
        assert row == row_alone
        assert record.codes_C.tolist() == record_alone.codes_C.tolist()
        assert record.scores_C == pytest.approx(record_alone.scores_C, abs=1e-6)
        assert record.shown_K.tolist() == record_alone.shown_K.tolist()


def test_who_is_assigned_first_stays_there(garden):
    requests = requests_of(garden)
    first = {slate.variant for slate in recommend_many([requests[6]])}
    Assignment.objects.filter(visitor_id=requests[7].visitor_id).delete()
    assert {slate.variant for slate in recommend_many([requests[6], replace(requests[6], seed=3)])} == first
    assert dict(Assignment.objects.values_list("visitor_id", "assigned_at"))[requests[6].visitor_id] == requests[6].now


def test_newcomers_share_the_gathering_of_candidates(garden, django_assert_max_num_queries):
    newcomers = [replace(request, now=NOW) for request in requests_of(garden)[4:16]]
    recommend_many(newcomers)
    with django_assert_max_num_queries(30):
        recommend_many([replace(request, visitor_id=f"later-{request.seed}") for request in newcomers * 9])


def test_an_unknown_placement_is_refused_before_anything_is_logged(garden):
    request = SlateRequest(shop=garden, placement="home", visitor_id="v")
    with pytest.raises(errors.NotFound):
        recommend_many([request, replace(request, placement="attic")])
    assert not Exposure.objects.exists()


def test_nobody_asks_for_nothing(garden):
    assert recommend_many([]) == []
