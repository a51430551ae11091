"""The offline gate, number by number."""

import pytest

from dashboard.training.gate import Contest, objection
from dashboard.training.reasons import sentence
from tests.artifact_files import paired


def evaluation(blend=0.2, popularity=0.02, visitors=500, **more):
    models = {"blend": {"ndcg@10": blend}, "popularity": {"ndcg@10": popularity}}
    return {"protocol": "leave-one-out", "visitors": visitors, "models": models, **more}


def first(**figures):
    return Contest(evaluation(**figures), "balanced", {})


def against(comparison, preset="balanced", active_preset="balanced", *, is_compared=True):
    metrics = evaluation(paired=comparison)
    return Contest(metrics, preset, {}, version="v7", active_preset=active_preset, is_compared=is_compared)


def code(contest):
    found = objection(contest)
    if found is None:
        return None
    assert "%(" not in sentence(found.code, found.facts)  # every word of it has its fact
    return found.code


def test_a_first_artifact_only_has_to_beat_bestsellers():
    assert code(first(blend=0.021)) is None
    assert code(first(blend=0.02)) == "worse_than_popularity"


def test_a_handful_of_tested_visitors_judges_nothing():
    assert code(first(blend=0.01, visitors=49)) is None
    assert code(against(paired(-0.1, visitors=49))) is None


@pytest.mark.parametrize(("difference", "verdict"), [(-0.0059, None), (-0.0061, "worse_on_same_visitors"), (0.1, None)])
def test_three_percent_less_on_the_same_visitors_is_a_tie(difference, verdict):
    assert code(against(paired(difference, before=0.2))) == verdict


@pytest.mark.parametrize(("visitors", "half_width"), [(60, 0.1), (600, 0.03), (60_000, 0.003)])
def test_the_less_is_known_the_gate_is_no_more_lenient(visitors, half_width):
    comparison = paired(-0.02, half_width, before=0.2, visitors=visitors)
    assert code(against(comparison)) == "worse_on_same_visitors"


def test_what_other_days_measured_of_the_two_does_not_matter():
    contest = against(paired(0.0, before=0.2))
    contest.metrics["models"]["blend"]["ndcg@10"] = 0.03  # hard days: half of what the other was measured at
    assert code(contest) is None


@pytest.mark.parametrize(
    ("difference", "half_width", "verdict"),
    [(0.001, 0.005, None), (-0.001, 0.005, "less_thorough"), (0.001, 0.05, "less_thorough"), (0.04, 0.05, None)],
)
def test_a_less_thorough_version_takes_over_only_where_it_is_surely_as_good(difference, half_width, verdict):
    comparison = paired(difference, half_width, before=0.2)
    assert code(against(comparison, "fast", "best")) == verdict
    assert code(against(comparison, "best", "fast")) is None


def test_a_less_thorough_version_that_nobody_could_judge_does_not_take_over():
    assert code(against(paired(0.1, visitors=20), "balanced", "best")) == "less_thorough_untested"


def test_a_version_that_appeared_while_it_trained_is_not_replaced_unseen():
    assert code(against(paired(0.1), is_compared=False)) == "another_serves"


def test_what_serves_but_cannot_be_asked_is_replaced():
    assert code(against({}, "fast", "best")) is None


@pytest.mark.parametrize(
    ("beside", "verdict"),
    [
        ({"coverage_at_10": {"before": 0.4, "after": 0.21}}, None),
        ({"coverage_at_10": {"before": 0.4, "after": 0.19}}, "narrower"),
        ({"intra_list_distance_at_10": {"before": 0.8, "after": 0.61}}, None),
        ({"intra_list_distance_at_10": {"before": 0.8, "after": 0.59}}, "more_alike"),
        ({"segments": {"visitors": 300, "kept": 0.34, "born": [], "gone": []}}, None),
        ({"segments": {"visitors": 300, "kept": 0.33, "born": [9], "gone": [2]}}, "segments_moved"),
        ({"segments": {"visitors": 40, "kept": 0.1, "born": [9], "gone": [2]}}, None),
        ({"milliseconds": {"before": 2.0, "after": 19.0}}, None),
        ({"milliseconds": {"before": 8.0, "after": 25.0}}, "slower"),
        ({"bytes": {"before": 2**20, "after": 150 * 2**20}}, None),
        ({"bytes": {"before": 100 * 2**20, "after": 301 * 2**20}}, "larger"),
    ],
)
def test_accuracy_may_not_be_bought_with_what_else_a_shop_needs(beside, verdict):
    assert code(against(paired(0.05, **beside))) == verdict


@pytest.mark.parametrize("broken", [{}, {"models": {}}, {"models": {"blend": {"ndcg@10": 0.3}}}])
def test_without_an_evaluation_nothing_is_published(broken):
    assert code(Contest(broken, "fast", {})) == "not_evaluated"


def test_a_version_that_nobody_could_judge_says_what_became_of_the_data():
    left_out = {"program_visitors": 3, "program_interactions": 4_120, "impossible_times": 7, "repeats": 0}
    lineage = {"counts": {"interactions": 1_210, "visitors": 1_210}, "cleaning": {"left_out": left_out}}
    found = objection(Contest({"models": {"blend": {}, "popularity": {}}}, "fast", lineage))
    told = sentence(found.code, found.facts)
    assert "1,210 interactions of 1,210 visitors" in told
    assert "Left out before: 4,120 of visitors that view like programs, 7 at impossible times." in told


def test_the_reason_names_both_figures_their_bounds_and_the_version():
    facts = objection(against(paired(-0.05, 0.02, before=0.1))).facts
    assert facts == {
        "version": "v7",
        "visitors": 400,
        "found": "5.0",
        "active": "10.0",
        "low": "−7.00",
        "high": "−3.00",
        "tolerance": "0.3",
    }
