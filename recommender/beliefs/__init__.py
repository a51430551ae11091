"""What is believed of items beyond the model's scores, and how surely: learned from impressions while they arrive."""

from recommender.beliefs.fatigue import Fatigue, Impressions, fit_fatigue
from recommender.beliefs.items import ItemBeliefs

__all__ = ["Fatigue", "Impressions", "ItemBeliefs", "fit_fatigue"]
