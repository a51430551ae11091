"""Serving asks for the variant of a visitor."""

from dashboard.experiments.assignment import pick_variant
from dashboard.experiments.models import Assignment
from dashboard.experiments.services import variant_for

VISITORS = [f"v{number}" for number in range(40)]


def test_a_visitor_gets_the_variant_of_his_bucket_with_its_policy(running):
    for visitor in VISITORS:
        choice = variant_for(placement_id=running.placement_id, visitor_id=visitor)
        assert choice.experiment_id == running.pk
        assert choice.key == pick_variant("salt", visitor, {"A": 0.5, "B": 0.5})
        assert choice.policy.version == {"A": 1, "B": 2}[choice.key]


def test_the_first_assignment_is_kept(running):
    hashed = pick_variant("salt", "loyal", {"A": 0.5, "B": 0.5})
    other = {"A": "B", "B": "A"}[hashed]
    Assignment.objects.create(experiment=running, visitor_id="loyal", variant=other, assigned_at=running.created_at)
    assert variant_for(placement_id=running.placement_id, visitor_id="loyal").key == other


def test_asking_twice_stores_one_assignment(running):
    for _ in range(2):
        variant_for(placement_id=running.placement_id, visitor_id="v1")
    assert Assignment.objects.filter(experiment=running, visitor_id="v1").count() == 1


def test_a_known_visitor_costs_one_query(running, django_assert_num_queries):
    variant_for(placement_id=running.placement_id, visitor_id="v1")
    with django_assert_num_queries(1):
        variant_for(placement_id=running.placement_id, visitor_id="v1")


def test_a_placement_without_experiment_costs_no_query_once_known(home, django_assert_num_queries):
    assert variant_for(placement_id=home.pk, visitor_id="v1") is None
    with django_assert_num_queries(0):
        assert variant_for(placement_id=home.pk, visitor_id="v2") is None


def test_an_anonymous_request_is_not_assigned(running):
    assert variant_for(placement_id=running.placement_id, visitor_id="") is None
    assert not Assignment.objects.exists()


def test_visitors_outside_the_traffic_are_not_assigned(running):
    running.traffic_share = 0.5
    running.save()
    choices = [variant_for(placement_id=running.placement_id, visitor_id=visitor) for visitor in VISITORS]
    assert 5 < sum(choice is None for choice in choices) < 35
    assert Assignment.objects.count() == sum(choice is not None for choice in choices)
