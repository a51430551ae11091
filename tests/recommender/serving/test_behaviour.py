"""A history is cleaned at serving as training cleans it."""

import numpy as np
import pytest

from recommender.data.dataset import build_dataset
from recommender.data.interactions import EVENT_TYPES, Interactions
from recommender.serving import HistoryEvent
from recommender.serving.behaviour import as_histories, standing_events

ITEMS = np.array(["mug", "lamp", "rug"], object)
CODE_OF = {item: code for code, item in enumerate(ITEMS)}


def trained(codes_N, types_N, seconds_N):
    """The history that training makes of one visitor's rows: (item, second, weight)."""
    visitors_N = np.zeros(len(codes_N), np.int32)
    rows = Interactions(np.array(["ann"], object), ITEMS, visitors_N, codes_N, seconds_N, types_N)
    dataset = build_dataset(rows)
    histories = dataset.histories
    names = dataset.item_ids[histories.items_N]
    return list(zip(names, histories.seconds_N.tolist(), histories.weights_N.tolist(), strict=True))


def served(codes_N, types_N, seconds_N):
    """The same, of the same rows, at serving."""
    history = [
        HistoryEvent(ITEMS[code], EVENT_TYPES[kind], second)
        for code, kind, second in zip(codes_N, types_N, seconds_N.tolist(), strict=True)
    ]
    histories = as_histories(standing_events(history, CODE_OF), (), CODE_OF)
    names = ITEMS[histories.items_N]
    return list(zip(names, histories.seconds_N.tolist(), histories.weights_N.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_serving_and_training_make_the_same_history(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 25))
    codes_N = rng.integers(0, len(ITEMS), count).astype(np.int32)
    types_N = rng.integers(0, len(EVENT_TYPES), count).astype(np.int8)
    seconds_N = np.sort(rng.integers(0, 2 * count, count)).astype(float)
    assert served(codes_N, types_N, seconds_N) == trained(codes_N, types_N, seconds_N)
