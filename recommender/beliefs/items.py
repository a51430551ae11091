"""How much better or worse than expected each item does, and how surely that is known.

A click on an item has the probability that the model expects of it times the item's worth, which all visitors share.
Of the worth a Gamma distribution is believed, of shape STRENGTH + clicks and rate STRENGTH + expected clicks: 1 for an
item of which nothing was seen. Both are sums, so that beliefs of parts of a log add up and can be kept as counters.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from recommender.errors import InputError

# Clicks that “an item is as good as the model thinks” is worth: a standard deviation of a third. Assumed: about as much
# as items of one interest differ in the laboratory; how much those of a shop do is not estimated.
STRENGTH = 10.0


@dataclass(eq=False)
class ItemBeliefs:
    """I items. clicks_I: what was clicked; expected_I: what the model had expected of the same impressions."""

    clicks_I: np.ndarray
    expected_I: np.ndarray

    @classmethod
    def of_nothing(cls, items: int) -> Self:
        """Beliefs before the first impression."""
        return cls(np.zeros(items), np.zeros(items))

    def __len__(self) -> int:
        return len(self.clicks_I)

    def __add__(self, other: "ItemBeliefs") -> "ItemBeliefs":
        """What two parts of a log, of the same items, say together."""
        if len(self) != len(other):
            raise InputError(f"beliefs: of {len(self)} and of {len(other)} items cannot be added")
        return ItemBeliefs(self.clicks_I + other.clicks_I, self.expected_I + other.expected_I)

    def observe(self, items_N: np.ndarray, clicked_N: np.ndarray, expected_N: np.ndarray) -> None:
        """Learn from N rendered impressions; expected_N: their probability of a click if the worth were 1, with the
        visitor's fatigue and the position's attention in it."""
        np.add.at(self.clicks_I, items_N, clicked_N)
        np.add.at(self.expected_I, items_N, expected_N)

    def fade(self, days: float, half_life_days: float) -> None:
        """Forget, where items' worth moves."""
        kept = 0.5 ** (days / half_life_days)
        self.clicks_I *= kept
        self.expected_I *= kept

    @property
    def worths_I(self) -> np.ndarray:
        """Expected worth: clicks for one that was expected."""
        worths_I: np.ndarray = (STRENGTH + self.clicks_I) / (STRENGTH + self.expected_I)
        return worths_I

    @property
    def doubts_I(self) -> np.ndarray:
        """Standard deviation of the logarithm of the worth, to the second order: 0.32 at first, falling with clicks."""
        doubts_I: np.ndarray = 1.0 / np.sqrt(STRENGTH + self.clicks_I)
        return doubts_I
