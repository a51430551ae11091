"""What arrived since a training, as what it adds to the sums of the models that are sums over visitors.

A delta goes from what the touched visitors had done to what they have done now, by the same cleaning and the same
learners as the rest of this package. Deltas of one basis add up, in any order, to what a refit would know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import numpy as np
from scipy import sparse

from recommender.data.dataset import cleaned
from recommender.data.events import EVENT_WEIGHTS
from recommender.data.histories import Histories
from recommender.data.interactions import Interactions
from recommender.data.screening import ScreeningConfig, screened
from recommender.models.options import config_from
from recommender.models.popularity import PopularityConfig
from recommender.models.transitions import TransitionsConfig
from recommender.online.behaviour import Change
from recommender.online.popularity import OnlinePopularity
from recommender.online.transitions import OnlineTransitions


@dataclass(frozen=True)
class Basis:
    """How an artifact learned; `reference_seconds`: its newest interaction, as of which popularity is counted."""

    reference_seconds: float
    weights: Mapping[str, float]
    screening: ScreeningConfig
    popularity: PopularityConfig
    transitions: TransitionsConfig

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self | None:
        """From a manifest, or what is kept of it; None where an older version of Forage did not write it down."""
        config, newest_at = facts.get("config", {}), facts.get("data", {}).get("newest_at")
        if newest_at is None or not {"popularity", "transitions"} <= config.keys():
            return None
        screening = config_from(ScreeningConfig, config.get("screening", {}))
        return cls(
            datetime.fromisoformat(newest_at).timestamp(),
            {**EVENT_WEIGHTS, **config.get("events", {})},
            # Of the few who did something lately one may be a program, or all.
            replace(screening, most_programs=1.0),
            config_from(PopularityConfig, config["popularity"]),
            config_from(TransitionsConfig, config["transitions"]),
        )


@dataclass(frozen=True)
class Delta:
    """Of the J items `item_ids`."""

    item_ids: np.ndarray  # object
    popularity_J: np.ndarray  # float64: decayed counts as of the basis' reference
    interactions_J: np.ndarray  # int64
    pairs_JJ: sparse.csr_array  # float64: weighted pairs, as transitions count them
    newest_seconds: float  # of what counts of these visitors now; −inf where nothing does


def delta_of(interactions: Interactions, is_new_N: np.ndarray, basis: Basis) -> Delta:
    """What the new ones among these interactions change. With them must come everything that the same visitors had
    done before."""
    before, after = (_histories(part, basis) for part in (_where(interactions, ~is_new_N), interactions))
    visitors, items = len(interactions.visitor_ids), len(interactions.item_ids)
    change = Change(np.arange(visitors), before, after, visitors, items, basis.reference_seconds)
    popularity, transitions = OnlinePopularity(basis.popularity), OnlineTransitions(basis.transitions)
    popularity.apply(change)
    transitions.apply(change)
    counts_J = np.bincount(after.items_N, minlength=items) - np.bincount(before.items_N, minlength=items)
    newest_seconds = float(after.seconds_N.max(initial=-np.inf))
    return Delta(interactions.item_ids, popularity.counts_I, counts_J, transitions.counts(), newest_seconds)


def _histories(interactions: Interactions, basis: Basis) -> Histories:
    """As training would make them of these alone."""
    people = screened(interactions, basis.screening) if len(interactions) else interactions
    return cleaned(people, np.arange(len(interactions.item_ids), dtype=np.int32), basis.weights)


def _where(interactions: Interactions, kept_N: np.ndarray) -> Interactions:
    """Some rows, of the same visitors and items."""
    columns = ("visitor_N", "item_N", "seconds_N", "type_N")
    return replace(interactions, **{name: getattr(interactions, name)[kept_N] for name in columns})
