"""Histories as sparse vectors: of the items that were chosen, and of the words that describe them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.content.words import words
from recommender.data.histories import Histories

DAY_SECONDS = 86400.0


@dataclass(frozen=True)
class BagOfWords:
    """`counts_IW`: how often item i's texts hold word w; `words` are the columns, sorted."""

    words: tuple[str, ...]
    counts_IW: sparse.csr_array

    def of(self, items_BI: sparse.csr_array) -> sparse.csr_array:
        """(B, W): the words of what each row chose, by its weights."""
        return sparse.csr_array(items_BI @ self.counts_IW)


def recency(histories: Histories, half_life_days: float) -> np.ndarray:
    """float32 (N,): ½ ^ (days before the row's own newest interaction / half-life): 1 for the newest."""
    newest_B = np.zeros(len(histories))
    np.maximum.at(newest_B, histories.rows_N, histories.seconds_N - histories.seconds_N.min(initial=0.0))
    since_N = histories.seconds_N - histories.seconds_N.min(initial=0.0)
    return np.exp2(-(newest_B[histories.rows_N] - since_N) / (half_life_days * DAY_SECONDS)).astype(np.float32)


def bag_of_items(histories: Histories, items: int, *, half_life_days: float | None = None) -> sparse.csr_array:
    """float32 (B, I): Σ event weights of each item, faded by `recency` where a half-life is given."""
    if half_life_days is None:
        return histories.matrix_BI(items)
    return histories.matrix_BI(items, histories.weights_N * recency(histories, half_life_days))


def bag_of_words(texts_I: Sequence[str], *, fewest_items: int = 1) -> BagOfWords:
    """Words of each item's text, folded and cut as item vectors do it; those of fewer items are left out."""
    parts_I = [list(words(text)) for text in texts_I]
    names = sorted({word for parts in parts_I for word in parts})
    code_of = {word: code for code, word in enumerate(names)}
    starts_I1 = np.concatenate([[0], np.cumsum([len(parts) for parts in parts_I])])
    codes_N = np.array([code_of[word] for parts in parts_I for word in parts], np.int32)
    shape = (len(parts_I), len(names))
    counts_IW = sparse.csr_array((np.ones(len(codes_N), np.float32), codes_N, starts_I1), shape=shape)
    counts_IW.sum_duplicates()
    kept_W = np.flatnonzero(np.bincount(counts_IW.indices, minlength=len(names)) >= fewest_items)
    return BagOfWords(tuple(names[code] for code in kept_W), sparse.csr_array(counts_IW[:, kept_W]))
