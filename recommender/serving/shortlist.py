"""Candidates of one visitor where the catalog is large: every model names its best items and is then asked about those
that the others named, so that nothing is computed for all items. Exact but for an item that no model has among its
best, and for the encoder's, which come from an index (recommender.serving.nearest).
"""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

import numpy as np

from recommender.data.histories import Histories
from recommender.models.popularity import Popularity
from recommender.ranking.candidates import describe_of_one
from recommender.ranking.ranker import Ranker
from recommender.serving.arrivals import in_their_places, known

BEST_OF_A_MODEL = 400  # items that each model names: twice what is put in order

Found = tuple[np.ndarray, np.ndarray]  # rising codes, and shares


@runtime_checkable
class SharingModel(Protocol):
    """A model that says which items it gives a share of one visitor, without scores of all items where it can."""

    def shares_of(self, history: Histories) -> Found: ...


class EncoderModel(Protocol):
    """An encoder that finds its best items itself."""

    def shares_among(self, history: Histories, count: int, codes_C: np.ndarray) -> Found: ...


@dataclass(frozen=True)
class Shortlist:
    """`parts_MU[m]`: what model m adds to the blend for each of the items `codes_U`, which rise and hold the
    history."""

    codes_U: np.ndarray
    parts_MU: np.ndarray

    def top(
        self, count: int, hidden_N: np.ndarray, interactions_I: np.ndarray, among_N: np.ndarray | None = None
    ) -> np.ndarray:
        """Places of the `count` largest positive sums; of equal ones the one with more interactions first."""
        shares_U = self.parts_MU.sum(axis=0)
        if among_N is not None:
            shares_U[~np.isin(self.codes_U, among_N)] = 0.0
        shares_U[np.isin(self.codes_U, hidden_N)] = 0.0
        order = np.lexsort((-interactions_I[self.codes_U], -shares_U))[:count]
        return order[shares_U[order] > 0]


class ShortlistMaker:
    """Of the models with a weight: `names`, in the order of the parts. Read-only, so that threads may share it."""

    def __init__(
        self,
        weights: Mapping[str, float],
        popularity: Popularity,
        models: Mapping[str, SharingModel],
        encoder: EncoderModel | None,
        ranker: Ranker | None,
        known_items: int,
    ) -> None:
        self._weights, self._encoder, self._ranker, self._known_items = weights, encoder, ranker, known_items
        self._models = {name: model for name, model in models.items() if name != "popularity"}
        self._popular_I = popularity.popularity_I_ / popularity.popularity_I_.sum()
        self._most_popular = _best(self._popular_I, BEST_OF_A_MODEL)
        ends = {"popularity": weights.get("popularity", 0.0) > 0, "encoder": encoder is not None}
        asked = [name for name in ("popularity", *self._models, "encoder") if ends.get(name, True)]
        self.names = ranked_first(asked, ranker)
        self._silent = ""

    def without(self, name: str) -> Self:
        """The same, where one of the models gives no item a share: to tell what it adds."""
        other = copy(self)
        other._silent = name
        return other

    def of(self, history: Histories, asked_N: np.ndarray | None = None) -> Shortlist:
        """For a history that is not empty; `asked_N` are in it whoever names them or not."""
        found = {name: model.shares_of(history) for name, model in self._models.items()}
        named = [codes_C[_best(shares_C, BEST_OF_A_MODEL)] for codes_C, shares_C in found.values()]
        asked = [] if asked_N is None else [asked_N]
        known_U = np.unique(np.concatenate([history.items_N, self._most_popular, *named, *asked]))
        if self._encoder is not None:
            found["encoder"] = self._encoder.shares_among(history, BEST_OF_A_MODEL, known_U)
            known_U = found["encoder"][0]
        if "popularity" in self.names:
            found["popularity"] = known_U, self._popular_I[known_U]
        weights = {**self._weights, self._silent: 0.0}
        parts = [np.float32(weights[name]) * _at(found[name], known_U) for name in self.names]
        return Shortlist(known_U, np.stack(parts))

    def candidates(
        self,
        history: Histories,
        count: int,
        hidden_N: np.ndarray,
        interactions_I: np.ndarray,
        among_N: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Codes, scores and the model that adds most, of the `count` best of the blend (`among` some) without the
        hidden ones; the first of them with the ranker's probabilities where there is one."""
        shortlist = self.of(history, among_N)
        places_C = shortlist.top(count, hidden_N, interactions_I, among_N)
        parts_MC = shortlist.parts_MU[:, places_C]
        scores_C = parts_MC.sum(axis=0)
        if self._ranker is not None and len(places_C):
            ranked_C = self._ranked(self._ranker, shortlist, places_C[: self._ranker.candidates], history)
            scores_C = above(ranked_C, scores_C[self._ranker.candidates :])
        return shortlist.codes_U[places_C], scores_C, [self.names[model] for model in parts_MC.argmax(axis=0)]

    def _ranked(self, ranker: Ranker, shortlist: Shortlist, places_C: np.ndarray, history: Histories) -> np.ndarray:
        """float32 (C,): the ranker's probabilities of the items at these places."""
        weights_M = np.array([self._weights[name] for name in ranker.models], np.float32)
        asked, known_U = known(history, self._known_items), np.searchsorted(shortlist.codes_U, self._known_items)
        is_known_C = (places_C < known_U) & (len(asked.items_N) > 0)
        if not is_known_C.any():
            return shortlist.parts_MU[:, places_C].sum(axis=0)
        parts_MU = shortlist.parts_MU[: len(weights_M), :known_U]
        seen_N, places_R = np.searchsorted(shortlist.codes_U, asked.items_N), places_C[is_known_C]
        described = describe_of_one(places_R, parts_MU / weights_M[:, None], weights_M, seen_N)
        described = replace(described, codes_BC=shortlist.codes_U[places_R][None])
        ranked_R = ranker.probabilities(asked, described)[0]
        return ranked_R if is_known_C.all() else in_their_places(ranked_R, is_known_C)


def ranked_first(names: Iterable[str], ranker: Ranker | None) -> list[str]:
    """The names, those of the models that the ranker reads first and in its order."""
    first = [] if ranker is None else list(ranker.models)
    return [*first, *(name for name in names if name not in first)]


def above(scores_C: np.ndarray, rest_R: np.ndarray) -> np.ndarray:
    """Both in a row: the rest is put below the least of the scores, in its own order."""
    below = 0.5 * scores_C.min(initial=1.0) / max(float(rest_R.max(initial=0.0)), 1e-30)
    return np.concatenate([scores_C, rest_R * min(below, 1.0)])


def _best(shares_C: np.ndarray, count: int) -> np.ndarray:
    """Places of the largest, in no order."""
    return np.argpartition(-shares_C, count)[:count] if len(shares_C) > count else np.arange(len(shares_C))


def _at(found: Found, codes_U: np.ndarray) -> np.ndarray:
    """float32 (U,): the shares of these items, 0 where there is none."""
    codes_C, shares_C = found
    if not len(codes_C):
        return np.zeros(len(codes_U), np.float32)
    places_U = np.minimum(np.searchsorted(codes_C, codes_U), len(codes_C) - 1)
    return np.where(codes_C[places_U] == codes_U, shares_C[places_U], np.float32(0.0))
