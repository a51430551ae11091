"""Recommender: everything that serving asks of an artifact. Numpy and ONNX Runtime; read-only, so threads share it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from recommender.artifact import MANIFEST, read_manifest
from recommender.content.text import Fields
from recommender.data.histories import Histories
from recommender.evaluation.ranks import top_items
from recommender.models.base import Model, mask_seen
from recommender.models.content import Content
from recommender.models.factors import unit_rows
from recommender.models.popularity import Popularity
from recommender.models.transitions import Transitions
from recommender.models.user_knn import UserKNN
from recommender.ranking.candidates import rank_all, rank_best
from recommender.ranking.ranker import Ranker
from recommender.serving import reading
from recommender.serving.behaviour import as_histories, standing_events
from recommender.serving.blending import Blend, Scorer, best_of
from recommender.serving.described import Described
from recommender.serving.evidence import Evidence
from recommender.serving.interests import Interests
from recommender.serving.nearest import LARGE_ITEMS
from recommender.serving.onnx_encoder import OnnxEncoder
from recommender.serving.shortlist import SharingModel, ShortlistMaker
from recommender.serving.types import Candidates, HistoryEvent, Profile, Reason

UNTOUCHED_SHARE = 0.05  # of the candidates are items that nobody has touched, where some suit by their description
Among = Collection[str] | None  # None: all items


@dataclass(frozen=True)
class Recommender:
    """Made by `load`. Item code i is `item_ids[i]`."""

    item_ids: np.ndarray  # object (I,)
    interactions_I: np.ndarray  # int64, in the training data
    blend: dict[str, float]
    popularity: Popularity
    transitions: Transitions
    user_knn: UserKNN
    encoder: OnnxEncoder | None
    interests: Interests
    segments: dict[int, dict[str, Any]]
    event_weights: Mapping[str, float]
    ranker: Ranker | None = None
    content: Content | None = None  # where the catalog described items
    further: Mapping[str, Model] = field(default_factory=dict)  # models that are candidates' sources and nothing else

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Read a whole, unaltered artifact. Raises ArtifactError with the name of the file that is wrong."""
        return cls.read(Path(folder), read_manifest(Path(folder)))

    @classmethod
    def read(cls, folder: Path, manifest: Mapping[str, Any]) -> Self:
        """Read the files of an artifact as they are, also of one that is not sealed yet."""
        blend, history_length = reading.part(folder / MANIFEST, lambda path: reading.settings(manifest))
        item_ids, interactions_I = reading.items(folder)
        model = cls(
            item_ids=item_ids,
            interactions_I=interactions_I,
            blend=blend,
            popularity=reading.model(folder, Popularity),
            transitions=reading.model(folder, Transitions),
            user_knn=reading.model(folder, UserKNN),
            encoder=reading.encoder(folder, manifest, history_length),
            interests=reading.part(folder / "interests.safetensors", Interests.read),
            segments=reading.part(folder / "segments.json", reading.segments),
            event_weights=reading.part(folder / MANIFEST, lambda path: reading.event_weights(manifest)),
            content=reading.model_if_any(folder, Content),
            further=reading.further(folder),
        )
        return replace(model, ranker=reading.ranker(folder, model._scorers))

    @cached_property
    def code_of(self) -> dict[str, int]:
        return {item: code for code, item in enumerate(self.item_ids.tolist())}

    @cached_property
    def item_vectors_IV(self) -> np.ndarray:
        """float32, unit rows: what serving measures the likeness of two items by. Zero where nothing is known. Those of
        the ranker's file where they are the same: processes share its pages, and it has read the rows already."""
        vectors_IV = unit_rows(self.user_knn.factors_.factors_ID_)
        if self.ranker is not None and np.array_equal(self.ranker.facts.vectors_ID, vectors_IV):
            return self.ranker.facts.vectors_ID
        return vectors_IV

    @cached_property
    def described(self) -> Described | None:
        return None if self.content is None else Described(self.content, self.interactions_I)

    @property
    def known_items(self) -> int:
        """How many items the artifact holds: their codes come first."""
        return len(self.item_ids)

    def vectors_of(self, codes_C: np.ndarray) -> np.ndarray:
        """float32 (C, V): rows of `item_vectors_IV`."""
        return self.item_vectors_IV.take(codes_C, axis=0)

    def knows(self, item_id: str) -> bool:
        """Whether behaviour on the item was in the training data."""
        code = self.code_of.get(item_id)
        return code is not None and self._had_behaviour_I[code] != 0

    def has_met(self, item_id: str) -> bool:
        """Whether anything can be said of what follows the item."""
        return self.knows(item_id)

    @cached_property
    def _had_behaviour_I(self) -> bytes:
        """A byte an item: read ten times faster than an element of an array."""
        return (self.interactions_I > 0).tobytes()

    def profile(self, history: Sequence[HistoryEvent]) -> Profile:
        """State, interest vector and soft segments of a history; all empty where no item of it is known."""
        histories = self.histories_of(history)
        if not histories.lengths_B[0]:
            return Profile(None, None, {})
        state_D = None if self.encoder is None else self.encoder.states(histories)[0]
        interest_P, shares = self.interests.of(self.user_knn.factors_.vectors(histories)[0])
        return Profile(state_D, interest_P, shares)

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I): the ranker's where there is one, else the blend's; for batches."""
        if self.ranker is None:
            return self.blended.probabilities(histories, exclude_seen=exclude_seen)
        parts = self.parts_of(self.ranker, histories, exclude_seen=exclude_seen)
        return rank_all(self.ranker, histories, parts, self.blend, exclude_seen=exclude_seen)

    def best(self, histories: Histories, k: int, *, exclude_seen: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Codes (B, K ≤ k) of the largest `probabilities`, best first, −1 where none is left, and their scores."""
        if self.ranker is not None and k <= min(self.ranker.candidates, len(self.item_ids)):
            parts = self.parts_of(self.ranker, histories, exclude_seen=exclude_seen)
            return rank_best(self.ranker, histories, parts, self.blend, k, exclude_seen=exclude_seen)
        shares_BI = self.probabilities(histories, exclude_seen=exclude_seen)
        if exclude_seen:
            mask_seen(shares_BI, histories, -np.inf)
        codes_BK = top_items(shares_BI, k)
        return codes_BK, np.take_along_axis(shares_BI, np.maximum(codes_BK, 0), axis=1)

    def parts_of(self, ranker: Ranker, histories: Histories, *, exclude_seen: bool) -> dict[str, np.ndarray]:
        """The probabilities that the ranker reads, (B, I) of each model."""
        return {name: self._scorers[name].probabilities(histories, exclude_seen=exclude_seen) for name in ranker.models}

    def candidates(
        self,
        history: Sequence[HistoryEvent],
        k: int = 200,
        context_items: Sequence[str] = (),
        exclude: Collection[str] = frozenset(),
        among: Among = None,
    ) -> Candidates:
        """What is expected next, best first, by the ranker where there is one; popular items without history. `among`:
        only of these items."""
        histories = self.histories_of(history, context_items)
        if not histories.lengths_B[0]:
            return self._among(self.popularity.probabilities(histories)[0], k, exclude, "popularity", among)
        count = k if self.ranker is None else max(k, self.ranker.candidates)
        hidden_N = self.codes_of(exclude)
        among_N = None if among is None else self.codes_of(among)
        found = (self.shortlists or self.blended).candidates(histories, count, hidden_N, self.interactions_I, among_N)
        return self.ordered(histories, *found, k, hidden_N, among_N)

    def ordered(
        self,
        histories: Histories,
        codes_C: np.ndarray,
        scores_C: np.ndarray,
        sources: list[str],
        k: int,
        hidden_N: np.ndarray,
        among_N: np.ndarray | None,
    ) -> Candidates:
        """The best `k`, the last places of which go to untouched items."""
        order = np.lexsort((-self.interactions_I[codes_C], -scores_C))[:k]
        codes_K, scores_K = codes_C[order], scores_C[order]
        sources_K = [sources[place] for place in order.tolist()]
        codes_U, scores_U = self._untouched(histories, codes_K, hidden_N, k, among_N)
        if not len(codes_U):
            return self._candidates(codes_K, scores_K, sources_K)
        kept = slice(max(k - len(codes_U), 0))
        below = scores_K[kept].min(initial=1.0)
        return self._candidates(
            np.concatenate([codes_K[kept], codes_U]),
            np.concatenate([scores_K[kept], scores_U * below]),
            sources_K[kept] + ["content"] * len(codes_U),
        )

    def _untouched(
        self, histories: Histories, found_K: np.ndarray, hidden_N: np.ndarray, k: int, among_N: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Codes and scores in 0..1 for the last places: items that nobody has touched, where some suit by their
        description. No other model proposes them, and so nobody ever would."""
        count = int(k * UNTOUCHED_SHARE)
        if count <= 0 or self.described is None or not self.described.suits_any(histories):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return self.described.untouched(histories, np.concatenate([found_K, hidden_N]), count, among_N)

    def popular(self, k: int, segment: int | None = None, among: Among = None) -> Candidates:
        """What sells now, of all items or `among` some; or in one segment (by the artifact; empty if unknown)."""
        shares_I = self.popularity.probabilities(self.histories_of(()))[0]
        if segment is None:
            return self._among(shares_I, k, frozenset(), "popularity", among)
        favourites = self.segments.get(segment, {}).get("popular_items", [])
        codes = np.array([self.code_of[item] for item in favourites[:k] if item in self.code_of], np.int64)
        return self._candidates(codes, shares_I[codes], ["segment"] * len(codes))

    def similar(self, item_id: str, k: int) -> Candidates:
        """Items that follow it and that the same visitors like, half and half; of an item that nobody has touched those
        that are described alike; empty for an unknown item."""
        code = self.code_of.get(item_id)
        if code is None or not self.interactions_I[code]:
            alike_I = self.described.similar(code) if self.described and code is not None else self._nothing
            return self._among(alike_I, k, frozenset([item_id]), "content")
        likeness_I = np.maximum(self._likeness(code), 0.0)
        follows_I = self.transitions.row_values(code)
        follows_I /= max(float(follows_I.max()), 1e-9)
        return self._among((likeness_I + follows_I) / 2, k, frozenset([item_id]), "similar")

    def _likeness(self, code: int) -> np.ndarray:
        """float32 (I,): cosines of all items to one."""
        likeness_I: np.ndarray = self.item_vectors_IV @ self.item_vectors_IV[code]
        return likeness_I

    def similar_to(self, item: Fields, k: int) -> Candidates:
        """Items that are described like one that the artifact has never heard of: its title, description, categories,
        brand and price, as far as they are known. Empty without a described catalog."""
        alike_I = self._nothing if self.described is None else self.described.similar_to(item)
        return self._among(alike_I, k, frozenset(), "content")

    @property
    def _nothing(self) -> np.ndarray:
        return np.zeros(len(self.item_ids), np.float32)

    def reason(self, item_id: str, history: Sequence[HistoryEvent]) -> Reason:
        """The event of the history that speaks loudest for the item: by transitions, else by likeness, else none.

        An item never speaks for itself: that it was viewed before is no reason that a shopper could use.
        """
        return self.reasons([item_id], history)[0]

    def reasons(self, item_ids: Sequence[str], history: Sequence[HistoryEvent]) -> list[Reason]:
        """`reason` of each item of a slate: twenty cost a tenth of twenty single ones."""
        events = standing_events(history, self.code_of)
        known = [item for item in dict.fromkeys(item_ids) if item in self.code_of]
        if not events or not known:
            return [Reason("popular")] * len(item_ids)
        evidence = Evidence(self.transitions, self.vectors_of, self.described)
        codes_L = np.array([self.code_of[event.item_id] for event in events])
        codes_N = np.array([self.code_of[item] for item in known])
        reason_of = dict(zip(known, evidence.reasons(events, codes_L, codes_N), strict=True))
        popular = Reason("popular")
        return [reason_of.get(item, popular) for item in item_ids]

    @property
    def heard(self) -> Sequence[str]:
        """The models that have a say in the blend, by their names."""
        return list(self._scorers)

    def histories_of(self, history: Sequence[HistoryEvent], context_items: Sequence[str] = ()) -> Histories:
        """One row: what of a history speaks for an interest, then the items on the page."""
        events = standing_events(history, self.code_of, self.event_weights)
        return as_histories(events, context_items, self.code_of, self.event_weights)

    @cached_property
    def _scorers(self) -> dict[str, Scorer]:
        models: dict[str, Scorer | None] = {
            "popularity": self.popularity,
            "transitions": self.transitions,
            "user_knn": self.user_knn,
            "content": self.content,
            "encoder": self.encoder,
            **self.further,
        }
        return {name: model for name, model in models.items() if model is not None and self.blend.get(name, 0.0) > 0}

    @cached_property
    def shortlists(self) -> ShortlistMaker | None:
        """Where the catalog is too large for scores of all its items at every request."""
        if len(self.item_ids) <= LARGE_ITEMS:
            return None
        models = {name: model for name, model in self._scorers.items() if isinstance(model, SharingModel)}
        encoder: Any = self._scorers.get("encoder")
        return ShortlistMaker(self.blend, self.popularity, models, encoder, self.ranker, self.known_items)

    @cached_property
    def blended(self) -> Blend:
        """The blend before the ranker, of scores of all items."""
        return Blend(self._scorers, self.blend, self.ranker, self.known_items)

    def _among(
        self, shares_I: np.ndarray, k: int, exclude: Collection[str], source: str, among: Among = None
    ) -> Candidates:
        among_N = None if among is None else self.codes_of(among)
        codes_C = best_of(shares_I, k, self.codes_of(exclude), self.interactions_I, among_N)
        return self._candidates(codes_C, shares_I[codes_C], [source] * len(codes_C))

    def codes_of(self, item_ids: Collection[str]) -> np.ndarray:
        """Of those that are known."""
        return np.array([self.code_of[item] for item in item_ids if item in self.code_of], np.int64)

    def _candidates(self, codes_C: np.ndarray, scores_C: np.ndarray, sources: list[str]) -> Candidates:
        return Candidates(
            item_ids=self.item_ids[codes_C].tolist(),
            scores=scores_C.astype(np.float32),
            sources=sources,
            vectors=self.vectors_of(codes_C),
            interactions=self.interactions_I[codes_C],
        )
