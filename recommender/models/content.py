"""Content neighbours: items that are described alike. Knows items that nobody has touched, for visitors nobody has met.

value(a → b) = cosine of x(a) and x(b) over the rarer terms, x as recommender.content.text weighs them
score(b)     = Σ history weight · decay^age · value(a → b), the product of b with the visitor's weighted mean item
Terms are taken from the rarest on until their pairs of items exceed `pairs_per_item`: this bounds the cost, and what
many items share tells little (Amazon Beauty, validation NDCG@10: all terms .0313, 250 pairs .0348).
With a sentence encoder the values are cosines of its vectors instead.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from scipy import sparse

from recommender.content.sentences import sentence_vectors
from recommender.content.text import Fields, TextConfig, TextSpace, catalog_fields
from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Report, RowSumModel, silent
from recommender.models.factors import unit_rows
from recommender.models.item_to_item import ItemToItem
from recommender.models.options import require, require_positive
from recommender.models.rows import summed_rows
from recommender.models.strongest import strongest

BLOCK = 1000  # rows of the product at once
LEAST_COSINE = 0.05  # of sentences: below is chance, and keeping it would cost places


@dataclass(frozen=True)
class ContentConfig(TextConfig):
    neighbours: int = 50  # strongest kept per item: bounds the size of the model
    pairs_per_item: int = 250
    history_decay: float = 0.7  # of an interaction for each later one
    history_length: int = 50
    sentence_encoder: str = ""  # folder of a local model for sentence-transformers; empty: terms alone

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "content", "neighbours", "pairs_per_item", "history_length")
        require(0 < self.history_decay <= 1, "content.history_decay must be above 0 and at most 1")


class Content(RowSumModel, ItemToItem):
    name = "content"
    config_class = ContentConfig
    joins_late = True
    is_always_served = True  # items that nobody has touched

    space_: TextSpace
    weighted_IT_: sparse.csr_array  # X; a zero row where the catalog tells nothing

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        """From the catalog alone. Raises LibraryError where the sentence encoder cannot be used."""
        items = catalog_fields(dataset.catalog, dataset.items)
        path, text = self.config.sentence_encoder, _text_config(self.config)
        sentences_IE = sentence_vectors(items, path) if path else None
        self.space_ = TextSpace.fit(items, text, sentences_IE)
        self.weighted_IT_ = self.space_.weighted(items)
        self.__dict__.pop("vectors_ID", None)
        report(0.5, f"{len(self.space_.terms):,} terms")
        vectors = _rarer(self.weighted_IT_, self.config.pairs_per_item) if sentences_IE is None else sentences_IE
        self.values_II_ = _nearest(vectors, self.config.neighbours)
        return self

    def strengths(self, histories: Histories) -> sparse.csr_array:
        recent = histories.last(self.config.history_length)
        return recent.matrix_BI(self.values_II_.shape[0], self._weights(recent))

    def scores(self, histories: Histories) -> np.ndarray:
        if len(histories) == 1:
            return self.scores_of_one(histories, self.values_II_)[None]
        return super().scores(histories)

    def row_sum(self, history: Histories) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
        """The rows, and their weights, whose sum is the scores of one visitor."""
        recent = history.last(self.config.history_length)
        return self.values_II_, recent.items_N, self._weights(recent)

    def scores_of_one(self, history: Histories, values_IJ: sparse.csr_array) -> np.ndarray:
        """float32 (J,): of one visitor, for the items that are the columns of `values_IJ`."""
        recent = history.last(self.config.history_length)
        return summed_rows(values_IJ, recent.items_N, self._weights(recent))

    def _weights(self, recent: Histories) -> np.ndarray:
        return recent.weights_N * self.config.history_decay**recent.ages_N

    @property
    def described_I(self) -> np.ndarray:
        """bool (I,): the catalog tells something of the item."""
        return np.diff(self.weighted_IT_.indptr) > 0

    @cached_property
    def vectors_ID(self) -> np.ndarray:
        """float32 (I, D): unit rows, zero where the catalog tells nothing."""
        return self.space_.vectors(self.weighted_IT_)

    def embed(self, items: Sequence[Fields]) -> np.ndarray:
        """float32 (N, D): where items lie that came after the fit, from their fields alone."""
        return self.space_.vectors(self.space_.weighted(items))

    def likeness(self, items: Sequence[Fields]) -> np.ndarray:
        """float32 (N, I): how alike any items are to those of the fit, 0..1."""
        if self.config.sentence_encoder:
            return np.maximum(self.embed(items) @ self.vectors_ID.T, 0.0)
        return (self.space_.weighted(items) @ self.weighted_IT_.T).toarray()

    def arrays(self) -> dict[str, np.ndarray]:
        x = self.weighted_IT_
        kept = {"text_starts": x.indptr.astype(np.int64), "text_terms": x.indices.astype(np.int32)}
        return {**super().arrays(), **self.space_.arrays(), **kept, "text_values": x.data}

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = super().from_arrays(config, arrays)
        model.space_ = TextSpace.from_arrays(_text_config(config), arrays)
        parts = (arrays["text_values"], arrays["text_terms"], arrays["text_starts"].astype(np.int32))
        shape = (len(arrays["text_starts"]) - 1, len(model.space_.terms))
        model.weighted_IT_ = sparse.csr_array(parts, shape=shape)
        return model


def _text_config(config: ContentConfig) -> TextConfig:
    values = asdict(config)
    return TextConfig(**{field.name: values[field.name] for field in fields(TextConfig)})


def _rarer(weighted_IT: sparse.csr_array, pairs_per_item: int) -> sparse.csr_array:
    """X of the terms that are rare enough; lengths stay those of all terms."""
    having_T = np.bincount(weighted_IT.indices, minlength=weighted_IT.shape[1]).astype(np.float64)
    order = np.argsort(having_T, kind="stable")
    rare = order[np.cumsum(having_T[order] ** 2) <= pairs_per_item * weighted_IT.shape[0]]
    return sparse.csr_array(weighted_IT[:, np.sort(rare)])


def _nearest(vectors_IF: sparse.csr_array | np.ndarray, count: int) -> sparse.csr_array:
    """The `count` largest products of each row with the others; dense vectors are made unit first."""
    dense = isinstance(vectors_IF, np.ndarray)
    rows_IF = unit_rows(vectors_IF) if dense else vectors_IF
    items, blocks = rows_IF.shape[0], [sparse.csr_array((0, rows_IF.shape[0]), dtype=np.float32)]
    for start in range(0, items, BLOCK):
        part = rows_IF[start : start + BLOCK] @ rows_IF.T
        found = sparse.coo_array(np.where(part > LEAST_COSINE, part, 0.0) if dense else part)
        row_N, column_N = found.coords
        others = row_N + start != column_N
        kept = sparse.csr_array((found.data[others], (row_N[others], column_N[others])), shape=found.shape)
        kept.sort_indices()
        blocks.append(strongest(kept, count))
    return sparse.csr_array(sparse.vstack(blocks, format="csr"), dtype=np.float32)
