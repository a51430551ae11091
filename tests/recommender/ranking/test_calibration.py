"""Probabilities come true: they keep the order, and their height is that of what happened."""

import numpy as np
import pytest

from recommender.ranking.calibration import calibration_error, fit_calibration
from recommender.ranking.network import masked_softmax


def drawn(heat, visitors=4000, candidates=6, misses=0.0, seed=0):
    """Logits, and what came next, drawn from softmax(logits / heat); −1 where it was no candidate."""
    rng = np.random.default_rng(seed)
    logits_BC = rng.normal(size=(visitors, candidates)) * 2
    noise_BC = rng.gumbel(size=logits_BC.shape)
    target_B = (logits_BC / heat + noise_BC).argmax(axis=1)
    target_B[rng.random(visitors) < misses] = -1
    return logits_BC.astype(np.float32), target_B


@pytest.mark.parametrize("heat", [0.6, 1.0, 2.0])
def test_the_temperature_of_what_happened_is_found(heat):
    temperature, coverage, error = fit_calibration(*drawn(heat))
    assert temperature == pytest.approx(heat, rel=0.1)
    assert coverage == 1.0 and error < 0.03


def test_coverage_is_the_share_of_visitors_whose_next_item_is_a_candidate():
    _, coverage, _ = fit_calibration(*drawn(1.0, misses=0.3))
    assert coverage == pytest.approx(0.7, abs=0.03)


def test_calibrating_keeps_the_order_and_stays_within_0_and_1(ranker):
    logits_BC = np.sort(np.random.default_rng(0).normal(size=(9, 12)).astype(np.float32), axis=1) * 4
    for temperature in (0.4, 1.0, 4.0):
        network = ranker.network.calibrated(temperature, 0.8)
        shares_BC = network.probabilities(logits_BC, np.ones(logits_BC.shape, bool))
        assert (np.diff(shares_BC, axis=1) >= 0).all()
        assert shares_BC.min() >= 0 and shares_BC.max() <= 1
        np.testing.assert_allclose(shares_BC.sum(axis=1), 0.8, rtol=1e-5)


def test_being_surer_than_right_is_an_error():
    logits_BC, target_B = drawn(3.0)
    present = np.ones(logits_BC.shape, bool)
    sure, honest = masked_softmax(logits_BC, present), masked_softmax(logits_BC / 3.0, present)
    assert calibration_error(sure, target_B) > 0.15 > 0.05 > calibration_error(honest, target_B)
