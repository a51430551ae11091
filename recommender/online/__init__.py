"""Learning while interactions arrive, equal to a refit (docs/models.md has the tolerances). No torch, no scikit-learn.

behaviour = OnlineBehaviour()
popularity, transitions = OnlinePopularity(config), OnlineTransitions(config)
change = behaviour.append(interactions)             # the snapshot first, then whatever arrives
popularity.apply(change); transitions.apply(change)
popularity.model(), transitions.model()             # members of the family, as a fit on everything would give
"""

from recommender.online.behaviour import Change, OnlineBehaviour
from recommender.online.deltas import Basis, Delta, delta_of
from recommender.online.factors import OnlineFactors
from recommender.online.item_cosine import OnlineItemCosine
from recommender.online.popularity import OnlinePopularity
from recommender.online.ranker import OnlineRanker
from recommender.online.transitions import OnlineTransitions

__all__ = [
    "Basis",
    "Change",
    "Delta",
    "OnlineBehaviour",
    "OnlineFactors",
    "OnlineItemCosine",
    "OnlinePopularity",
    "OnlineRanker",
    "OnlineTransitions",
    "delta_of",
]
