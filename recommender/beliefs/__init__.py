"""What is believed of items beyond the model's scores, and how surely: learned from impressions while they arrive."""

from recommender.beliefs.expectation import Expectation, fit_expectation
from recommender.beliefs.fatigue import Fatigue, Impressions, fit_fatigue, times_left
from recommender.beliefs.items import ItemBeliefs

__all__ = [
    "Expectation",
    "Fatigue",
    "Impressions",
    "ItemBeliefs",
    "fit_expectation",
    "fit_fatigue",
    "times_left",
]
