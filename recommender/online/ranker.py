"""The ranker's network goes on learning from what visitors chose, by stochastic gradient descent in numpy."""

from dataclasses import replace

import numpy as np

from recommender.ranking.network import GELU, RankerNetwork, gelu, masked_softmax

CUBIC = np.float32(0.044715)


class OnlineRanker:
    """Steps along the gradient of the cross-entropy over each visitor's candidates; standardisation and calibration
    stay those of the fit. `rate` is what a batch of any size moves."""

    def __init__(self, network: RankerNetwork, rate: float = 0.02) -> None:
        self.network, self.rate = network, np.float32(rate)

    def apply(self, features_BCF: np.ndarray, present_BC: np.ndarray, target_B: np.ndarray) -> float:
        """One step on visitors whose next item is the candidate in column `target_B`; the mean loss before it."""
        network, rows = self.network, np.arange(len(target_B))
        if not len(rows):
            return 0.0
        inputs_BCF = network.standardised(features_BCF)
        before_BCH = inputs_BCF @ network.hidden_FH + network.bias_H
        shares_BC = masked_softmax(gelu(before_BCH) @ network.output_H, present_BC)
        loss = float(-np.log(np.maximum(shares_BC[rows, target_B], 1e-30)).mean())
        shares_BC[rows, target_B] -= 1.0
        slope_BC = shares_BC / np.float32(len(rows))
        back_BCH = slope_BC[:, :, None] * network.output_H * _gelu_slope(before_BCH)
        self.network = replace(
            network,
            output_H=network.output_H - self.rate * np.einsum("bc,bch->h", slope_BC, gelu(before_BCH)),
            hidden_FH=network.hidden_FH - self.rate * np.einsum("bcf,bch->fh", inputs_BCF, back_BCH, optimize=True),
            bias_H=network.bias_H - self.rate * back_BCH.sum(axis=(0, 1)),
        )
        return loss


def _gelu_slope(values: np.ndarray) -> np.ndarray:
    """The derivative of the tanh form."""
    squares = values * values
    bent = np.tanh(GELU * values * (1.0 + CUBIC * squares))
    return 0.5 * (1.0 + bent) + 0.5 * values * (1.0 - bent * bent) * GELU * (1.0 + 3.0 * CUBIC * squares)
