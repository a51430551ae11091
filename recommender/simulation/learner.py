"""A small online learner: what it believes of every visitor and item, from impressions and clicks alone.

A click on an item has the probability rate[visitor, interest of the item] · worth[item] · fatigue. Rates are Gamma
distributed and learned by counting: a belief of shape a + clicks and rate b + exposure, where exposure is the sum of
what the other side makes an impression worth; worths are those of `recommender.beliefs`. It knows which interest an
item serves (its category), and nothing of truth beside.
"""

import numpy as np

from recommender.beliefs.items import STRENGTH, ItemBeliefs

FIRST_RATE = 0.06  # believed of every interest of every visitor at first
RATE_STRENGTH = 10.0  # impressions that the belief of all visitors together is worth for one of them
HALF_LIFE_DAYS = 30.0  # of what was seen of a visitor, whose taste may move; items do not change


class Learner:
    """clicks_VT, exposure_VT: of a visitor in an interest, faded. impressions_I: plain count.
    prior_T: mean rate of an interest among all visitors."""

    def __init__(self, visitors: int, interest_I: np.ndarray, interests: int) -> None:
        self._interest_I = interest_I
        self.clicks_VT, self.exposure_VT = np.zeros((visitors, interests)), np.zeros((visitors, interests))
        self.items = ItemBeliefs.of_nothing(len(interest_I))
        self.impressions_I = np.zeros(len(interest_I))
        self.prior_T = np.full(interests, FIRST_RATE)

    def rates(self) -> np.ndarray:
        """Expected rates (V, T)."""
        return (RATE_STRENGTH * self.prior_T + self.clicks_VT) / (RATE_STRENGTH + self.exposure_VT)

    def fresh(self, on_sale: int) -> np.ndarray:
        """Probability of a click (V, I) on the first `on_sale` items if all were worth the same."""
        return self.rates()[:, self._interest_I[:on_sale]]

    def expected(self, on_sale: int) -> np.ndarray:
        """Expected probability of a click (V, I) on the first `on_sale` items."""
        return self.fresh(on_sale) * self.items.worths_I[:on_sale]

    def sampled(self, on_sale: int, rng: np.random.Generator) -> np.ndarray:
        """The same, drawn once from what is believed: uncertain ones are sometimes high."""
        rates_VT = rng.gamma(RATE_STRENGTH * self.prior_T + self.clicks_VT) / (RATE_STRENGTH + self.exposure_VT)
        shape_I, rate_I = STRENGTH + self.items.clicks_I[:on_sale], STRENGTH + self.items.expected_I[:on_sale]
        worths_VI = rng.gamma(shape_I, size=(len(rates_VT), on_sale)) / rate_I
        return rates_VT[:, self._interest_I[:on_sale]] * worths_VI

    def observe(
        self, visitors_N: np.ndarray, codes_N: np.ndarray, clicked_N: np.ndarray, tired_N: np.ndarray | float = 1.0
    ) -> np.ndarray:
        """Learn from N impressions, each of an item to a visitor; tired_N: the factor of fatigue that is believed of
        them. Returns what was expected of each without it."""
        where = (visitors_N, self._interest_I[codes_N])
        rate_N, worth_N = self.rates()[where], self.items.worths_I[codes_N]
        np.add.at(self.clicks_VT, where, clicked_N)
        np.add.at(self.exposure_VT, where, worth_N * tired_N)
        self.items.observe(codes_N, clicked_N, rate_N * tired_N)
        np.add.at(self.impressions_I, codes_N, 1.0)
        return rate_N * worth_N

    def end_day(self) -> None:
        """Fade what is known of visitors, and renew what is believed of all of them."""
        kept = 0.5 ** (1.0 / HALF_LIFE_DAYS)
        self.clicks_VT *= kept
        self.exposure_VT *= kept
        self.prior_T = self.rates().mean(axis=0)
