"""The ranker's network goes on learning: each step is that of torch, and a pass over news nears a refit."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.online import OnlineRanker
from recommender.ranking.config import RankerConfig
from recommender.ranking.learning import learn_network
from recommender.ranking.network import RankerNetwork, masked_softmax

FEATURES, CANDIDATES = 5, 7


def visitors(count, taste_F, seed):
    """Features of candidates, some of them missing, and the one that was chosen by a taste and some chance."""
    rng = np.random.default_rng(seed)
    features_BCF = rng.normal(size=(count, CANDIDATES, FEATURES)).astype(np.float32)
    present_BC = rng.random((count, CANDIDATES)) < 0.9
    present_BC[:, 0] = True
    liking_BC = features_BCF @ np.asarray(taste_F, np.float32) + rng.gumbel(size=(count, CANDIDATES))
    return features_BCF, present_BC, np.where(present_BC, liking_BC, -np.inf).argmax(axis=1)


def loss_of(network, features_BCF, present_BC, target_B):
    shares_BC = masked_softmax(network.logits(features_BCF), present_BC)
    return float(-np.log(shares_BC[np.arange(len(target_B)), target_B]).mean())


def drawn(seed, hidden=4):
    rng = np.random.default_rng(seed)
    shapes = ((FEATURES,), (FEATURES,), (FEATURES, hidden), (hidden,), (hidden,), (2,))
    return RankerNetwork(*(rng.normal(size=shape).astype(np.float32) for shape in shapes))


def torch_step(network, features_BCF, present_BC, target_B, rate):
    """The loss before, and the weights after, by automatic differentiation."""
    weights = [torch.tensor(getattr(network, name), requires_grad=True) for name in ("hidden_FH", "bias_H", "output_H")]
    inputs_BCF = torch.from_numpy(network.standardised(features_BCF))
    hidden_BCH = torch.nn.functional.gelu(inputs_BCF @ weights[0] + weights[1], approximate="tanh")
    logits_BC = (hidden_BCH @ weights[2]).masked_fill(~torch.from_numpy(present_BC), -torch.inf)
    loss = torch.nn.functional.cross_entropy(logits_BC, torch.from_numpy(target_B))
    loss.backward()
    return loss.item(), [(weight - rate * weight.grad).detach().numpy() for weight in weights]


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 9))
def test_a_step_is_that_of_automatic_differentiation(seed, count):
    network, batch = drawn(seed), visitors(count, np.ones(FEATURES), seed)
    online = OnlineRanker(network, rate=0.3)
    loss = online.apply(*batch)
    expected_loss, expected = torch_step(network, *batch, 0.3)
    assert loss == pytest.approx(expected_loss, rel=1e-4, abs=1e-5)
    for name, weights in zip(("hidden_FH", "bias_H", "output_H"), expected, strict=True):
        np.testing.assert_allclose(getattr(online.network, name), weights, rtol=1e-4, atol=1e-5)


def test_after_a_change_of_taste_it_is_within_five_percent_of_a_refit(one_thread):
    old, new = np.array([2, 0, 0, 1, 0]), np.array([0, 2, 0, 0, 1])
    config = RankerConfig(hidden=16, epochs=6, dropout=0.0, seed=3)
    stale = learn_network(*visitors(3000, old, 1), config)
    news, fresh = visitors(3000, new, 2), visitors(2000, new, 9)
    online = OnlineRanker(stale, rate=0.1)
    for _ in range(2):
        for start in range(0, 3000, 30):
            online.apply(*(part[start : start + 30] for part in news))
    refit = learn_network(*news, config)
    assert loss_of(online.network, *fresh) < 1.05 * loss_of(refit, *fresh)
    assert loss_of(online.network, *fresh) < 0.7 * loss_of(stale, *fresh)


def test_nobody_teaches_nothing_and_probabilities_stay_those_of_the_family():
    online = OnlineRanker(drawn(1))
    before = online.network
    assert online.apply(*(part[:0] for part in visitors(3, np.ones(FEATURES), 0))) == 0.0
    assert online.network is before
    online.apply(*visitors(3, np.ones(FEATURES), 0))
    assert online.network.calibration is before.calibration and online.network.arrays().keys() == before.arrays().keys()
    assert replace(online.network).hidden_FH.dtype == np.float32
