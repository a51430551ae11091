"""Every knob moves its own metric one way, and 0 switches it off."""

import numpy as np
import pytest

from recommender.slate import KNOBS, Knobs, SlateCandidates, make_slate, metrics
from tests.recommender.slate.shops import candidates_of, profile_of

GRID = [0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0]
DRAWS = {"exploration": 150}  # of a knob that chance decides with
SHOPS = [(1, 1.0), (2, 0.4), (3, 2.0), (4, 1.2), (5, 0.7), (6, 1.0)]


def curve(name, metric, draws=1):
    """The metric along the grid, averaged over visitors of shops with flat and with steep scores."""
    rows = []
    for seed, fall in SHOPS:
        candidates = candidates_of(seed, 120, fall)
        rows.append(
            [
                getattr(
                    metrics.measure(
                        candidates,
                        Knobs(**{name: value}),
                        8,
                        draws=draws,
                        rng=np.random.default_rng(seed),
                        profile=profile_of(seed),
                    ),
                    metric,
                )
                for value in GRID
            ]
        )
    return np.mean(rows, axis=0)


#: how much each metric moves at least between a knob's ends, in its own unit; a tenth where nothing is said
LEAST_CHANGE = {"exploration": 0.4, "calibration": 0.5, "novelty": 0.5, "fatigue": 0.008}


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_moves_its_metric_one_way(name):
    values = (1 if KNOBS[name].raises else -1) * curve(name, KNOBS[name].metric, DRAWS.get(name, 1))
    assert (np.diff(values) >= -1e-3).all(), values
    assert values[-1] - values[0] > LEAST_CHANGE.get(name, 0.1)


def test_exploration_costs_relevance_the_more_the_further_it_is_turned():
    values = curve("exploration", "relevance_lost", DRAWS["exploration"])
    assert (np.diff(values) >= -1e-3).all(), values
    assert values[-1] - values[0] > 0.05


@pytest.mark.parametrize("name", [name for name in KNOBS if name != "exploration"])
def test_a_tenth_of_a_knob_costs_little_relevance(name):
    assert curve(name, "relevance_lost")[1] < 0.1


def test_a_knob_without_its_data_does_nothing():
    bare = SlateCandidates(item_ids=["a", "b", "c"], scores=np.array([0.5, 0.3, 0.2]))
    every = Knobs(**{name: 1 for name in KNOBS if name != "exploration"})
    assert make_slate(bare, every, 3, profile={"x": 1.0}).indices.tolist() == [0, 1, 2]


def test_fairness_pulls_toward_the_target_that_the_merchant_set():
    candidates = candidates_of(9, 120)
    target = (("brand-0", 0.5), ("brand-1", 0.5))
    gaps = [
        metrics.exposure_gap(candidates, make_slate(candidates, knobs, 8), knobs)
        for knobs in (Knobs(fairness=value, fairness_target=target) for value in (0.0, 1.0))
    ]
    assert gaps[1] <= 1 / 8 < gaps[0]  # one slot of eight


def test_the_metrics_of_a_slate_by_hand():
    candidates = SlateCandidates(
        item_ids=["a", "b", "c"],
        scores=np.array([0.5, 0.3, 0.2]),
        vectors=np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]),
        categories=["x", "y", "x"],
        brands=["p", "p", "q"],
        popularity=np.array([6.0, 2.0, 0.0]),
    )
    slate = make_slate(candidates, Knobs(), 2)
    assert metrics.intra_list_distance(candidates, slate) == pytest.approx(1.0)
    assert metrics.calibration_kl(candidates, slate, {"x": 0.5, "y": 0.5}) == pytest.approx(0.0)
    assert metrics.mean_self_information(candidates, slate) == pytest.approx(-(np.log2(7 / 11) + np.log2(3 / 11)) / 2)
    assert metrics.exposure_gap(candidates, slate, Knobs()) == pytest.approx(0.5)
    assert metrics.relevance_lost(candidates, slate, slate) == 0.0
