"""The offline gate, number by number."""

import pytest

from dashboard.training.gate import objection


def evaluation(blend, popularity=0.02, half_width=0.0, visitors=500, protocol="leave-one-out"):
    return {
        "protocol": protocol,
        "visitors": visitors,
        "models": {"blend": {"ndcg@10": blend}, "popularity": {"ndcg@10": popularity}},
        "intervals": {"blend": {"ndcg@10": [blend - half_width, blend + half_width]}} if half_width else {},
    }


def code(*arguments):
    found = objection(*arguments)
    return found.code if found else None


def test_a_first_artifact_only_has_to_beat_bestsellers():
    assert code(evaluation(0.021), None) is None
    assert code(evaluation(0.02), None) == "worse_than_popularity"


@pytest.mark.parametrize(("blend", "verdict"), [(0.097, None), (0.0969, "worse_than_active"), (0.2, None)])
def test_three_percent_less_is_a_tie(blend, verdict):
    assert code(evaluation(blend), evaluation(0.1), "v1") == verdict


@pytest.mark.parametrize(("blend", "verdict"), [(0.091, None), (0.089, "worse_than_active")])
def test_so_is_what_lies_within_its_own_interval(blend, verdict):
    assert code(evaluation(blend, half_width=0.01), evaluation(0.1), "v1") == verdict


def test_other_protocols_are_not_compared():
    assert code(evaluation(0.05, protocol="temporal"), evaluation(0.1)) is None


def test_a_handful_of_tested_visitors_judges_nothing():
    assert code(evaluation(0.01, visitors=49), evaluation(0.1)) is None


@pytest.mark.parametrize("broken", [{}, {"models": {}}, {"models": {"blend": {"ndcg@10": 0.3}}}])
def test_without_an_evaluation_nothing_is_published(broken):
    assert code(broken, None) == "not_evaluated"


def test_the_reason_names_both_figures_and_the_version():
    facts = objection(evaluation(0.05), evaluation(0.1), "v7").facts
    assert facts == {"found": "5.0", "active": "10.0", "tolerance": "0.3", "version": "v7"}
