"""Items that came after an artifact's training have codes behind its own; not every part of the artifact knows them."""

import numpy as np

from recommender.data.histories import Histories


def known(histories: Histories, items: int) -> Histories:
    """The same rows with the first `items` codes alone."""
    known_N = histories.items_N < items
    return histories if known_N.all() else histories.where(known_N)


def in_their_places(ranked_R: np.ndarray, is_ranked_C: np.ndarray) -> np.ndarray:
    """float32 (C,): what the ranker says of the candidates that it knows, one at least. Each of the others, which stand
    in the order of the blend like all, has what the ranker says of the one in its place."""
    falling_R = np.sort(ranked_R)[::-1]
    scores_C: np.ndarray = falling_R[np.minimum(np.arange(len(is_ranked_C)), len(falling_R) - 1)]
    scores_C[is_ranked_C] = ranked_R
    return scores_C
